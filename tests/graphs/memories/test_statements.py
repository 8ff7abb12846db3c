"""What of a message is remembered, under which key, and what isn't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.memories.statements import Statement, forgets, statements


def texts(message: str, asked: str = "") -> list[str]:
    return [one.text for one in statements(message, asked)]


@pytest.mark.parametrize(
    "message",
    [
        "My name is Ada.",
        "I live in a lighthouse.",
        "im allergic to penicillin",
        "Just moved to Ghent!",
        "Born and bred in Dundee.",
        "We have two dogs and a parrot.",
        "My lad has joined the fire brigade.",
        "I play the cello.",
        "I know Spanish.",
        "I'm good at chess.",
        "I'm afraid of spiders.",
        "I'd like to visit Japan some day.",
        "I want to become a pilot.",
        "I need glasses to read.",
        "I'll be in Rome in May.",
        "I think my locker code is 4417.",
        "What I like most is sailing.",
        "Will is my brother's name.",
        "It took me nine years to finish my degree.",
        "Wednesday is our day off.",
        "Nuts make me ill.",
        "You can reach me at 555-0134.",
        "Call me Ishmael.",
        "Name's Oskar.",
        "Ben's birthday is on 3 May.",
        "The code for the locker is 4417.",
        "The train goes at 6:45.",
        "The spare key is under the mat.",
        "There's a spare key under the mat.",
        "The kids call their grandmother Oma Trude.",
        "I’m a nurse.",
    ],
)
def test_what_is_told_is_kept_as_it_was_said(message: str) -> None:
    assert texts(message) == [message]


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("By the way, my sister is called Anna.", "my sister is called Anna."),
        ("Oh, and just so you know, I don't eat meat.", "I don't eat meat."),
        ("Please remember that the meeting is at 3.", "the meeting is at 3."),
        ("Remember: locker 4417", "locker 4417"),
        ("Can you remember that my lock's number is 9921?", "my lock's number is 9921"),
        ("Did I mention that my brother plays the oboe?", "my brother plays the oboe"),
        ("I take my coffee black, remember that.", "I take my coffee black"),
        ("My name's Ada, ok?", "My name's Ada"),
        ("I'm allergic to nuts, so what can I cook?", "I'm allergic to nuts"),
        ("Since I'm vegan, what should I eat tonight?", "I'm vegan"),
        ("Help me, my cat has fleas.", "my cat has fleas."),
        ("Let me introduce myself: I'm Ada.", "I'm Ada."),
        ("Hello! I live in Bergen.", "I live in Bergen."),
    ],
)
def test_what_leads_in_and_what_is_asked_behind_is_left_out(message: str, kept: str) -> None:
    assert texts(message) == [kept]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "  \n ",
        "What's my name?",
        "Where do I live",
        "Do you know my cat",
        "Can you write me a poem?",
        "I need a poem about my cat.",
        "I'd like you to write a story.",
        "I want to know how planes fly.",
        "I have a question.",
        "I'm looking for a recipe.",
        "Write my wife a poem.",
        "Tell me about my rights.",
        "Let's talk about the sea.",
        "Remember to be kind.",
        "Hello there!",
        "Thanks a lot!",
        "Good night.",
        "I'm bored.",
        "I'm fine, thanks.",
        "I'm so tired today.",
        "I had a long day.",
        "I have to go.",
        "I don't understand.",
        "I think you're wrong.",
        "I like that poem.",
        "I see.",
        "That's my point.",
        "Me too.",
        "Oh my god.",
        "You're great.",
        "The weather is nice.",
        "If I were rich I'd buy a boat.",
        "If I had a dog I'd call him Rex.",
        "I wish I had a dog.",
        "Imagine my name is Bob.",
        '"I live in Oslo," she said.',
        "Translate this: I live in Oslo.",
        "Summarise the following text:\nI moved to Oslo. My cat came along.",
        "def home():\n    return my_town()",
        "> I live in Oslo.",
    ],
)
def test_what_tells_nothing_lasting_is_not_kept(message: str) -> None:
    assert texts(message) == []


def test_a_long_text_is_no_telling() -> None:
    letter = "I moved to Oslo in spring and my cat came along. " * 12
    assert texts(f"Nice, isn't it?\n\n{letter}\n\n{letter}") == []
    assert texts(letter * 4) == []


def test_each_thing_told_in_one_message_is_a_statement_of_its_own() -> None:
    assert statements("Hi, I'm Ada and I live in Bergen. My cat's called Tom! What's the weather like?") == [
        Statement("I'm Ada", "name"),
        Statement("I live in Bergen.", "home"),
        Statement("My cat's called Tom!", "cat's name"),
    ]


def test_what_goes_on_about_somebody_stands_with_who_it_is() -> None:
    assert statements("I have a sister. She's a doctor.") == [
        Statement("I have a sister.", ""),
        Statement("I have a sister. She's a doctor.", "sister's job"),
    ]
    assert texts("You'd like Ann. That's my sister.") == ["You'd like Ann. That's my sister."]
    assert statements("My kid brother's name? Joris.") == [
        Statement("My kid brother's name? Joris.", "kid brother's name")
    ]


@pytest.mark.parametrize(
    ("asked", "message", "about"),
    [
        ("Nice to meet you! What's your name?", "Ada.", "name"),
        ("Where do you live?", "in Leeds", "home"),
        ("And how old are you?", "34", "age"),
        ("What do you do for a living?", "Carpentry.", "job"),
        ("What's your cat called?", "It's Tom", "cat's name"),
        ("What is your favorite color?", "teal", "favourite colour"),
        ("Do you have any pets?", "Two dogs", ""),
    ],
)
def test_an_answer_keeps_its_question(asked: str, message: str, about: str) -> None:
    question = asked.removeprefix("Nice to meet you! ")
    assert statements(message, asked) == [Statement(f"{question} {message}", about)]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("What's your name?", "Tell me a joke"),
        ("What's your name?", "I'd rather not say."),
        ("What's your name?", "Why?"),
        ("Would you like a poem?", "Yes please"),
        ("How are you?", "Good"),
        ("What can I do for you?", "Nothing"),
        ("What is the capital of Peru?", "Lima"),
        ("Your cat sounds lovely.", "Ada."),
        ("", "Ada."),
    ],
)
def test_what_answers_nothing_about_the_user_is_not_kept(asked: str, message: str) -> None:
    assert statements(message, asked) == []


def test_a_correction_keeps_what_it_corrects() -> None:
    assert statements("Actually, it's Leeds, not York.", "Noted. You live in York. Nice!") == [
        Statement("You live in York. Actually, it's Leeds, not York.", "home")
    ]
    assert statements("No, I live in Leeds, not York.") == [Statement("I live in Leeds, not York.", "home")]


@pytest.mark.parametrize(
    ("about", "messages"),
    [
        ("name", ["My name is Ada", "I'm Ada.", "I am called Ada", "Call me Max", "You can call me Max.",
                  "I go by Kit"]),
        (
            "home",
            [
                "I live in Bergen",
                "I moved to Oslo last week.",
                "We've just moved to Oslo",
                "I used to live in York, but now I live in Leeds",
                "me and my wife live in Leeds",
                "These days I live near Rome",
                "I no longer live in York.",
            ],
        ),
        ("age", ["I'm 34", "I am thirty-four years old.", "I just turned fifty-one", "My age is 40"]),
        ("birthday", ["My birthday is on 3 May", "I was born on 3 May", "My date of birth is 3 May 1980"]),
        ("job", ["I work as a baker", "I'm a nurse at the clinic", "My job these days is teaching",
                 "I work part time as a baker",
                 "I teach maths for a living"]),
        ("cat's name", ["My cat is called Tom", "the cat's name is actually Max", "I have a cat called Tom",
                        "The name of my cat is Tom", "Our cat is Tom"]),
        ("sister's name", ["My sister is Anna", "Anna is my sister", "my sister's name is Anna"]),
        ("sister's home", ["My sister lives in Rome", "My sister moved to Oslo"]),
        ("favourite colour", ["My favorite color is teal", "Teal is my favourite colour",
                              "The colour I like best is teal"]),
        ("locker code", ["My locker code is 4417", "The code for the locker is 4417",
                         "4417 is the code for my locker",
                         "the locker's code is 4417", "I think my locker code is 4417"]),
        ("spare key's place", ["The spare key is under the mat", "I keep the spare key in the shed"]),
        ("stapler's place", ["You'll find the stapler in the shed", "In the shed is where my stapler is"]),
        ("train time", ["The train goes at 6:45", "My train leaves Leeds at 7:05"]),
    ],
)  # fmt: skip
def test_what_there_is_one_of_has_one_key_however_it_is_said(about: str, messages: list[str]) -> None:
    assert {message: [one.about for one in statements(message)] for message in messages} == {
        message: [about] for message in messages
    }


@pytest.mark.parametrize(
    "message",
    [
        "I like tea",
        "I'm allergic to nuts",
        "I have two dogs",
        "I speak Welsh",
        "I play the cello",
        "I'm moving to Rome next year",
        "I used to live in York",
        "I'm Norwegian",
        "I'm a vegetarian",
        "I'm a father of two",
        "I live with my parents",
        "I have another cat called Max",
        "My best mate Tunde is getting divorced",
    ],
)
def test_what_there_may_be_several_of_has_no_key(message: str) -> None:
    assert [one.about for one in statements(message)] == [""]


@pytest.mark.parametrize(
    "secret",
    [
        "my password is hunter2",
        "My card number is 4111 1111 1111 1111",
        "My bank PIN is 4417",
        "Pay by 4111111111111111, it's my card",
    ],
)
def test_secrets_are_kept_only_if_that_is_asked_for(secret: str) -> None:
    assert texts(secret) == []
    assert texts(f"Please remember that {secret}") == [secret]
    assert texts("My wifi password is hunter2") == ["My wifi password is hunter2"]


@pytest.mark.parametrize(
    "message",
    [
        "Don't remember this: my code is 4417",
        "My code is 4417. Please don't save that.",
        "Off the record, I'm Bo.",
    ],
)
def test_what_is_said_not_to_be_remembered_is_not(message: str) -> None:
    assert texts(message) == []
    assert forgets(message) is None


def test_not_remembering_may_be_the_users_own() -> None:
    assert texts("My aunt and I never remember that song.") == ["My aunt and I never remember that song."]


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("Forget that my sister lives in Rome.", "my sister lives in Rome"),
        ("Please forget my locker code!", "my locker code"),
        ("Forget about my sister", "my sister"),
        ("Don't remember my age", "my age"),
        ("Can you forget my birthday?", "my birthday"),
        ("I want you to forget what I said about my job.", "my job"),
        ("Delete my address from your memory.", "my address"),
        ("Forget everything, please.", "everything"),
        ("Forget it", None),
        ("Never mind, forget that.", None),
        ("Don't forget my birthday", None),
        ("I forget my keys often", None),
        ("Did you forget my name?", None),
        ("Forget about the shed, the drill is in the cellar now.", None),
    ],
)
def test_what_is_to_be_forgotten_is_told(message: str, what: str | None) -> None:
    assert forgets(message) == what
    if what is not None:
        assert texts(message) == []


SAID = (
    "my our the a cat sister name is called Tom Oslo I I'm live in moved to 34 at 6:45 don't remember "
    "that forget please what who ? . ! , : ; and but not actually no hello you're if were like tea it's "
    "she\u2019s 4417"
)
WORDS = [*SAID.split(), '"', "\n", "\n\n"]
MESSAGES = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))


def _plain(text: str) -> str:
    return " ".join(text.split())


@given(message=MESSAGES, asked=st.one_of(st.just(""), MESSAGES))
def test_every_message_can_be_read_and_what_is_kept_was_said(message: str, asked: str) -> None:
    forgets(message)
    for one in statements(message, asked):
        assert one.text.strip()
        assert one.about == one.about.lower()
        assert _plain(one.text) in _plain(f"{asked} {message}") or asked


@given(message=st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_what_was_kept_is_kept_again(message: str) -> None:
    for one in statements(message):
        assert one.text in texts(f"Remember that {one.text}") or one.text in texts(one.text)


@pytest.mark.parametrize(
    "message",
    [
        "My age in years, please?",
        "When we feed our rabbit, what do we give it?",
        "The queue was long.",
        "The wind slammed every door.",
    ],
)
def test_questions_and_what_concerns_nobody_are_not_kept(message: str) -> None:
    assert statements(message) == []


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("My trip is on 3 May.", "There's another date for my trip, it's 4 May."),
        ("The code for the shed is 12.", "Somebody changed the code for the shed, it's 34 now."),
        ("Our rabbit is called Flo.", "The rabbit of ours got a new name, Zoe."),
        ("My bus goes at 6:45.", "There's a new time for my bus: it's 7:10."),
    ],
)
def test_what_is_another_now_is_about_the_same_as_what_was(first: str, later: str) -> None:
    (old,), (new,) = statements(first), statements(later)
    assert old.about == new.about != ""
