"""The cryptography of the private channel: boxes, receipts, key slots, manifests, envelopes, files, certificates.

Pure functions over bytes. Nothing here knows a database, a page or the time; days are handed in.
"""
