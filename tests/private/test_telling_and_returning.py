"""A reporter tells something, comes back with the number, and is answered; nothing she typed is lost."""

from tests.private.scene import TEXT, Scene, send, told, words


def test_a_concern_is_told_read_answered_and_read_again(scene: Scene) -> None:
    amal = scene.browser()
    number = told(amal)
    kept = send(amal, "kept")
    assert "Thank you" in words(kept)
    assert number not in amal.get("/help").text
    cleo = scene.sign_in("cleo")
    desk = cleo.get("/desk")
    alias = desk.text.partition('href="/desk/')[2].partition('"')[0]
    while alias in ("paper", "unlock", "sign-in"):
        raise AssertionError(words(desk))
    case = cleo.get(f"/desk/{alias}")
    assert TEXT in words(case)
    answered = send(cleo, "answer", f"/desk/{alias}", text="We believe you. A woman can meet you.")
    assert answered.status_code == 303, words(answered)
    assert "sealed" in words(cleo.get(f"/desk/{alias}"))
    returned = send(amal, "return", receipt=number)
    assert returned.status_code == 303, words(returned)
    page = amal.get("/help")
    assert "A woman can meet you." in words(page)
    assert TEXT not in page.text
    added = send(amal, "add", text="Tomorrow, please.")
    assert added.status_code == 303
    assert "Tomorrow, please." in words(cleo.get(f"/desk/{alias}"))


def test_a_number_is_read_in_the_digits_of_any_script(scene: Scene) -> None:
    receipt, _ = scene.filed()
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    assert send(scene.browser(), "return", receipt=" ".join(receipt).translate(arabic)).status_code == 303


def test_who_is_left_out_sees_the_same_as_if_nothing_had_been_sent(scene: Scene) -> None:
    cleo = scene.sign_in("cleo")
    before = cleo.get("/desk").text
    told(scene.browser(), exclude="office", office="Harbour Refugee Support · Lakeview")
    strip = lambda page: page.partition("<main")[2].split('name="form_token"')[0]  # noqa: E731
    assert strip(cleo.get("/desk").text) == strip(before)
    assert "What is told" not in before
    assert scene.sign_in("dara").get("/desk").text != before
