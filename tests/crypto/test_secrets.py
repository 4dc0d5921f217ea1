"""The room where secrets are made."""

import asyncio
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher

from server.crypto import keyring
from server.crypto.keyring import Keyring, Purpose
from server.crypto.passwords import Cost, DerivationPool, PassphraseHash, Passwords
from server.crypto.second_factor import SecondFactors
from server.crypto.tokens import ALPHABET, FormTokens, new_code, plain_code
from server.errors import BootRefused, TooFast

KEY = bytes(range(32))


def test_each_purpose_has_a_key_of_its_own() -> None:
    keys = Keyring(KEY)
    assert len({keys.key(purpose) for purpose in Purpose}) == len(Purpose)
    assert keys.key(Purpose.PEPPER) != Keyring(KEY[::-1]).key(Purpose.PEPPER)


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    keyring.create(tmp_path / "keys")
    path = tmp_path / "keys" / keyring.FILE_NAME
    first = path.read_bytes()
    keyring.create(tmp_path / "keys")
    assert path.read_bytes() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(BootRefused, match="read by others"):
        keyring.load(tmp_path / "keys")


def test_a_damaged_key_is_refused() -> None:
    with pytest.raises(BootRefused, match="damaged"):
        Keyring(KEY[:31])


def test_a_stolen_hash_says_nothing_without_the_pepper() -> None:
    ours, theirs = Passwords(KEY, memory_kib=8, passes=1), Passwords(KEY[::-1], memory_kib=8, passes=1)
    stored = ours.hash("lamp river seven")
    assert ours.matches(stored, "lamp river seven")
    assert not ours.matches(stored, "lamp river eight")
    assert not theirs.matches(stored, "lamp river seven")
    assert not ours.matches(None, "nobody has this passphrase")


def test_the_cost_of_a_passphrase_is_as_decided() -> None:
    assert "m=65536,t=3,p=1" in Passwords(KEY).hash("x")


def test_words_of_every_former_cost_open_and_cost_what_a_wrong_name_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever measures the time learns neither that a name exists nor since when."""
    former, other = Passwords(KEY, memory_kib=8, passes=1), Passwords(KEY, memory_kib=24, passes=1)
    today = Passwords(KEY, memory_kib=16, passes=2, earlier=[Cost(8, 1)])
    done = list[str]()
    real = PasswordHasher.verify

    def counted(self: PasswordHasher, stored: str, secret: bytes) -> bool:
        done.append(stored.partition("$v=19$")[2].partition("$")[0])
        return real(self, stored, secret)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for stored in (former.hash("lamp river seven"), today.hash("lamp river seven"), None):
        for words in ("lamp river seven", "lamp river eight", "nobody has this passphrase"):
            done.clear()
            assert today.matches(stored, words) == (stored is not None and words == "lamp river seven")
            assert sorted(done) == ["m=16,t=2,p=1", "m=8,t=1,p=1"]
    assert today.matches(other.hash("lamp river seven"), "lamp river seven"), "of a cost that nobody wrote down"
    assert not today.matches(other.hash("lamp river seven"), "nobody has this passphrase")
    assert not today.matches(PassphraseHash("!"), "nobody has this passphrase")
    assert [today.is_outdated(one.hash("x")) for one in (former, other, today)] == [True, True, False]


def test_the_pool_takes_its_workers_and_those_who_wait_and_refuses_the_next() -> None:
    gate = threading.Event()

    async def crowd() -> tuple[int, int]:
        pool = DerivationPool(waiting=8, workers=1)
        tasks = [asyncio.create_task(pool.run(gate.wait, whose="one")) for _ in range(200)]
        await asyncio.sleep(0)
        gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        pool.close()
        return sum(a is True for a in answers), sum(isinstance(a, TooFast) for a in answers)

    assert asyncio.run(crowd()) == (9, 191)


def test_whoever_tries_a_thousand_numbers_waits_behind_his_own() -> None:
    gate, done = threading.Event(), list[str]()

    async def crowd() -> None:
        pool = DerivationPool(waiting=200, workers=1)

        async def tries(whose: str) -> None:
            await pool.run(gate.wait, whose=whose)
            done.append(whose)

        flood = [asyncio.create_task(tries("flood")) for _ in range(100)]
        await asyncio.sleep(0)
        others = [asyncio.create_task(tries(whose)) for whose in ("a tent", "a clinic", "a tent")]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*flood, *others)
        pool.close()

    asyncio.run(crowd())
    assert len(done) == 103
    assert max(at for at, whose in enumerate(done) if whose != "flood") <= 6


def test_when_all_may_not_wait_the_network_with_most_gives_way_to_one_with_fewer() -> None:
    gate, told = threading.Event(), list[str]()

    async def crowd() -> None:
        pool = DerivationPool(waiting=6, workers=1)

        async def tries(whose: str, number: int) -> None:
            try:
                await pool.run(gate.wait, whose=whose)
                told.append(f"{whose} {number}")
            except TooFast:
                told.append(f"{whose} {number} not")

        async def many(whose: str, count: int) -> list[asyncio.Task[None]]:
            tasks = [asyncio.create_task(tries(whose, number)) for number in range(count)]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return tasks

        tasks = await many("flood", 7)  # one works, six wait: full
        tasks += await many("tent", 1)
        tasks += await many("flood again", 1) + await many("clinic", 4)
        tasks[2].cancel()  # who goes away gives room
        await asyncio.sleep(0.05)
        assert sorted(told) == ["clinic 2 not", "clinic 3 not", *(f"flood {number} not" for number in (3, 4, 5, 6))]
        tasks += await many("flood", 1)
        gate.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        pool.close()

    asyncio.run(crowd())
    assert len([one for one in told if not one.endswith("not")]) == 7
    assert {"tent 0", "flood again 0", "clinic 0", "clinic 1"} <= set(told)


def test_turns_are_given_from_one_loop_to_another() -> None:
    """As tests and some servers run them: each thread with a loop of its own."""
    pool = DerivationPool(waiting=8, workers=1)
    together = threading.Barrier(6)

    def one(_: int) -> bool:
        together.wait(10)
        return asyncio.run(pool.run(lambda: time.sleep(0.02) is None, whose="one"))

    with ThreadPoolExecutor(6) as crowd:
        assert [done.result(30) for done in [crowd.submit(one, number) for number in range(6)]] == [True] * 6
    pool.close()


def test_who_goes_away_while_waiting_takes_nobodys_turn() -> None:
    gate = threading.Event()

    async def crowd() -> list[bool]:
        pool = DerivationPool(waiting=8, workers=1)
        tasks = [asyncio.create_task(pool.run(gate.wait, whose=str(number))) for number in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.sleep(0)
        gate.set()
        await asyncio.sleep(0.05)
        tasks[2].cancel()  # perhaps it has its turn already: the next one must come all the same
        left = await asyncio.wait_for(asyncio.gather(tasks[0], tasks[3], pool.run(gate.wait, whose="one")), 20)
        pool.close()
        return left

    assert asyncio.run(crowd()) == [True, True, True]


def test_a_code_is_read_as_people_type_it() -> None:
    code = new_code()
    assert len(code) == 24
    assert set(code) <= set(ALPHABET) | {"-"}
    assert plain_code(f"  {code.lower().replace('-', ' ')} ") == code.replace("-", "")
    assert new_code() != code


def test_a_form_token_belongs_to_its_session_and_grows_old() -> None:
    now = [1_000_000.0]
    tokens = FormTokens(KEY, seconds=lambda: now[0])
    mine, guests = tokens.issue(b"my session"), tokens.issue(b"")
    assert tokens.valid(mine, b"my session")
    assert not tokens.valid(mine, b"another session")
    assert not tokens.valid(mine, b"")
    assert not tokens.valid(guests, b"my session")
    assert tokens.issue(b"") != guests
    now[0] += 5 * 3600
    assert tokens.valid(mine, b"my session")
    assert not tokens.valid(guests, b"")


@pytest.mark.parametrize("forged", ["", "x", "ü", "A" * 40, "=" * 8, "\x00", "AAAA" * 10])
def test_nonsense_is_no_token(forged: str) -> None:
    assert not FormTokens(KEY).valid(forged, b"")


def test_a_one_time_code_works_once_and_only_in_its_time() -> None:
    factors = SecondFactors(KEY)
    secret = factors.new_secret()
    code = pyotp.TOTP(secret).at(1_000_000)
    step = factors.used_step(secret, code, at=1_000_000, last_step=0)
    assert step == 1_000_000 // 30
    assert factors.used_step(secret, code, at=1_000_000, last_step=step) is None
    assert factors.used_step(secret, code, at=1_000_000 + 120, last_step=0) is None
    assert factors.used_step(secret, "", at=1_000_000, last_step=0) is None
    assert factors.used_step(secret, "٠٠٠٠٠٠", at=1_000_000, last_step=0) is None


def test_a_sealed_secret_opens_with_our_key_only() -> None:
    sealed = SecondFactors(KEY).sealed("JBSWY3DP")
    assert b"JBSWY3DP" not in sealed
    assert SecondFactors(KEY).opened(sealed) == "JBSWY3DP"
    assert SecondFactors(KEY[::-1]).opened(sealed) is None
    assert SecondFactors(KEY).opened(b"short") is None
