"""What the two ends of the pipe to a child that draws evidence anew have agreed on. No library is loaded for it."""

import struct

MAGIC = b"BZE1"
ANSWER = struct.Struct(">4scI")
"""MAGIC, a letter (K: pages follow; anything else says why not), and how many pages."""
PAGE = struct.Struct(">3I")
"""Of each page its width and height in dots, and how long the JPEG is that follows."""
PHOTOGRAPH, PAPER, RECORDING = "photograph", "paper", "recording"
MOST_ANSWER_BYTES = 32 * 1024 * 1024
MOST_PIXELS, MOST_SIDE = 40_000_000, 20_000
DOTS_PER_INCH, POINTS_PER_INCH = 150, 72
ADDRESS_SPACE = 1024 * 1024 * 1024
CPU_SECONDS = 20
