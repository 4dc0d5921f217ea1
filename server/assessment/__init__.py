"""The register of processing and the impact assessment (DPIA): made from the maps, finished by the operator."""
