import io
import json
import subprocess
import sys

from judges import POLICY

from moderation.commands import screen_lines

KEYS = ["outcome", "raised", "language", "covered", "scores", "reasons", "policy_version", "model"]


def screened(lines, *, json_lines=False):
    out = io.StringIO()
    status = screen_lines(lines, out.write, policy_path=POLICY, json_lines=json_lines)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def test_every_line_gets_one_verdict_in_the_agreed_form():
    status, verdicts = screened(["Where is the office?\n", "my number is 0791234567\n", "habari za asubuhi\r\n"])
    assert status == 0
    assert [list(verdict) for verdict in verdicts] == [KEYS] * 3
    assert verdicts[0]["outcome"] == "publish"
    assert verdicts[1]["reasons"][0] == {"rule": "private_data", "part": "0791234567", "weight": 1.0}
    assert verdicts[2]["scores"] is None
    assert verdicts[2]["covered"] is False


def test_json_lines_are_read_and_broken_ones_named():
    lines = [
        '{"text": "good morning to you"}',
        "{oops",
        "",
        "[1]",
        '{"text": 5}',
        '{"text": " "}',
        '{"text": "\\ud800"}',
    ]
    status, answers = screened(lines, json_lines=True)
    assert status == 1
    assert [answer.get("line") for answer in answers] == [None, 2, 3, 4, 5, 6, None]
    assert all(answer["error"] for answer in answers[1:6])


def test_verdicts_stream_without_waiting_for_the_end():
    written: list[str] = []

    def lines():
        for text in ("one of us", "two of us"):
            yield text
            assert written, "the first verdict must be out before the second line is asked for"

    assert screen_lines(lines(), written.append, policy_path=POLICY, json_lines=False) == 0
    assert len(written) == 2


def test_judging_needs_no_server_no_scikit_and_no_phone_tables():
    program = (
        "import sys; from pathlib import Path; from moderation.commands import screen_lines; "
        f"screen_lines(['hello to you'], print, policy_path=Path({str(POLICY)!r}), json_lines=False); "
        "unwanted = {'server', 'sklearn', 'scipy', 'phonenumbers', 'stdnum'} & set(sys.modules); "
        "sys.exit(f'imported: {unwanted}' if unwanted else 0)"
    )
    root = POLICY.parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
