import pytest

from regimen.errors import OptionError
from regimen.language import LANGUAGES, decode, encode, join, listing, plural, say, translator


@pytest.fixture
def korean():
    return translator("ko")


def test_english_is_the_text_itself():
    message = say("The model overfits from epoch {epoch} on", epoch=3)
    assert translator("en")(message) == "The model overfits from epoch 3 on"


def test_a_message_is_said_in_korean(korean):
    assert korean(say("The model overfits from epoch {epoch} on", epoch=3)) == "모델이 에포크 3부터 과적합을 보입니다"


def test_other_text_stays_as_it_is(korean):
    assert korean("helps") == "helps"
    assert korean(say("helps")) == "효과 있음"
    assert korean(3) == "3"
    assert korean(say("a template that nobody has translated: {arm}", arm="l2")).endswith(": l2")


def test_messages_within_messages_are_translated(korean):
    amount = join([say("{points} points", points="2.4"), "(l2)"])
    message = say("{arm} helps by {amount}", arm="dropout", amount=amount)
    assert korean(say("{found}.", found=message)) == "dropout 처방은 정확도를 2.4 %p (l2) 높입니다."


def test_order_of_fields_is_the_languages_own(korean):
    message = say("({diverged} of {runs} runs without a remedy diverged)", diverged=1, runs=5)
    assert korean(message) == "(처방 없는 실행 5회 중 1회 발산)"


def test_plurals_have_one_form(korean):
    counted = [plural(number, "{number} seed", "{number} seeds") for number in (1, 2000)]
    assert [korean(message) for message in counted] == ["시드 1개", "시드 2,000개"]


def test_joins_and_lists(korean):
    assert korean(join([say("helps"), "l2 {x}", say("hurts")], "; {} ")) == "효과 있음; {} l2 {x}; {} 해로움"
    assert korean(listing(["l2", say("finished"), "flip"])) == "l2, 완료 및 flip"
    assert korean(listing(["l2"])) == "l2"


def test_values_are_not_templates(korean):
    assert korean(say("{arm}: {gap}", arm="{gap}", gap="{0}")) == "{gap}: {0}"


def test_a_message_from_a_file_is_translated_too(korean):
    stored = decode(encode(say("{name}: {size}", name="digits", size=plural(2, "{number} arm", "{number} arms"))))
    assert korean(stored) == "digits: 실험군 2개"


def test_an_unknown_language_is_an_error():
    with pytest.raises(OptionError, match=r"There is no language 'kr'\. Known: en, ko"):
        translator("kr")


def test_every_language_has_a_translator():
    assert {code: translator(code)(say("yes")) for code in LANGUAGES} == {"en": "yes", "ko": "있음"}
