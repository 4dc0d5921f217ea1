"""Takes sound and video out of what carried them, in a process of its own behind walls, which becomes ffmpeg.

The recording is this process's standard input: a file in memory, because most telephones write the index of a video
at its end. What comes out has the pictures as they were taken, the sound newly made, and no place, time or device.
"""

import os
import resource
import shutil

from server.darkroom import walls
from server.darkroom.agreed import ADDRESS_SPACE, CPU_SECONDS

PLACES = "/usr/bin:/bin"
"""Where the program may lie. A command from anywhere else could be anybody's."""
KINDS = "mov,matroska,ogg,mp3,wav,flac,amr,aac"
"""What is opened. Lists of other addresses, which some players follow, are not among them."""
ARGUMENTS = (
    *("ffmpeg", "-hide_banner", "-loglevel", "quiet", "-nostdin", "-max_alloc", "268435456"),
    *("-protocol_whitelist", "file,pipe", "-format_whitelist", KINDS, "-threads", "1", "-i", "/proc/self/fd/0"),
    *("-map", "0:V:0?", "-map", "0:a:0?", "-map_metadata", "-1", "-map_chapters", "-1", "-dn", "-sn"),
    *("-map_metadata:s:v", "-1", "-map_metadata:s:a", "-1", "-fflags", "+bitexact"),
    *("-c:v", "copy", "-c:a", "aac", "-flags:a", "+bitexact", "-b:a", "96k", "-ac", "2", "-threads", "1"),
    *("-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "pipe:1"),
)


def program() -> str | None:
    """Where ffmpeg is, if it is there and can be walled in; else no recording is taken."""
    return shutil.which("ffmpeg", path=PLACES) if walls.possible() else None


def main(ffmpeg: str) -> None:
    """Build the walls and become the program. Nothing it says on the side is heard."""
    for limit, value in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(limit, (value, value))
    walls.build()
    os.execve(ffmpeg, ARGUMENTS, {})  # noqa: S606  no shell is wanted
