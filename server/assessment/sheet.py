"""The look of the assessment: one light sheet that stands in the file itself, for the screen and for paper."""

SHEET = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; }
body { margin: 0 auto; max-inline-size: 60rem; padding: 1rem; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.3rem; margin-block-start: 2rem; } h3 { font-size: 1.05rem; }
table { border-collapse: collapse; inline-size: 100%; font-size: .875rem; }
caption { text-align: start; font-weight: 600; padding-block: .5rem; }
th, td { border: 1px solid #767676; padding: .3rem .5rem; text-align: start; vertical-align: top; }
th, td { overflow-wrap: anywhere; }
thead th { background: #eef2f4; }
.wide { overflow: auto; }
.from { display: inline-block; font-size: .875rem; border: 1px solid #2f5d50; color: #1f4a3e; padding: 0 .5rem; }
.fill { border: 2px dashed #8a4b00; padding: .5rem 1rem; margin-block: 1rem; break-inside: avoid; }
.fill h3 { margin-block-start: .25rem; }
.fill .mark { font-weight: 700; color: #7a3f00; }
.room { min-block-size: 5rem; border-block-end: 1px dotted #767676; }
.low { min-block-size: 2rem; }
code { font-size: .8125rem; overflow-wrap: anywhere; }
svg { max-inline-size: 100%; block-size: auto; }
svg text { font: 12px system-ui, sans-serif; fill: #1a1a1a; } svg .name { font-weight: 700; font-size: 13px; }
svg rect { fill: #fff; stroke: #1a1a1a; } svg .store { fill: #eef2f4; } svg .outside { stroke-dasharray: 5 4; }
svg path { stroke: #1a1a1a; fill: none; } svg marker path { fill: #1a1a1a; }
@media print {
  body { font-size: 10.5pt; max-inline-size: none; padding: 0; }
  h2 { break-after: avoid; } tr { break-inside: avoid; }
  .wide { overflow: visible; } a { color: inherit; } }
"""
