"""Declining is told from saying something negative."""

from __future__ import annotations

import pytest

from rag.abstention import abstains, courteous, declines

DECLINED = """
I don't know.
The passages do not say who designed the bridge.
I'm sorry, but the passages don't mention the price. They only describe the building [1].
Unanswerable
That isn't stated in the text.
There is no information about this in the passages.
I cannot answer this question based on the given context.
None of the passages mention her birthplace.
The provided documents do not contain an answer.
Unfortunately, the sources give no date for that.
It is not possible to determine this from the passages.
I couldn't find that in the passages provided.
The text doesn't specify.
Not mentioned.
No answer.
I am not sure.
I have no idea.
The question can't be answered from these passages.
Nothing in the passages tells us how tall he was.
Sorry, I can't tell from what's given.
The exact cost is not given in the passage.
It isn't mentioned.
The documents are silent on this.
There's not enough information to answer.
We don't know from the text when it opened.
The answer is not in the passages.
N/A
Based on the passages, it is unclear who won.
I do not have information on that.
The passage never says what colour the door was.
The passages only talk about the harbour; they don't give its depth.
Neither passage says when the mill closed.
I was unable to find the answer in the provided passages.
This information is not available in the passages.
The passages don't say, but I don't want to guess.
That's more than I know, I'm afraid.
Hmm, I can't say.
The context lacks that detail.
Neither document gives a date.
It's impossible to say from these passages.
I wasn't able to find that.
There's nothing about that in the sources.
The text leaves this open.
We have no evidence for that in the passages.
The passages don't say. [1]
**Unanswerable**
The passages do not say who built it, when it was opened, or how much it cost.
The text doesn't mention his birth, his death or the year it was built.
The passages do not mention the price, only that it was expensive.
The passages don't say, so the answer is not given.
The passages don't say, so it remains unclear who won the cup.
The text doesn't say, it only describes the harbour and its ships.
The passages don't say, so any answer would be a guess.
I don't know where that is, I'll need to search for it.
I don't know, so you should ask the town's archive.
The passages don't mention a designer, a detailed account of the work or any documents signed by him.
""".strip().splitlines()

ANSWERED = """
Paris.
The bridge was designed by Ann Lee [1].
The river does not freeze in winter [2].
It was not found until 1956.
I don't know exactly, but the passage says it was built about 1932.
The passages don't say when. However, it was opened by the king in 1932.
The treaty does not mention slavery.
No.
No, the mill was closed in 1950.
He could not find work and moved to Leeds.
The cause of the fire was never determined.
Nobody knows who built it, according to the town's records [1].
The museum has no lift.
There is no bridge over the river [1].
She did not answer the king's letter.
The library contains no books in French.
It was unknown outside Wales until 1900.
They could not say where the gold came from.
The ship was never found.
The village was not included in the survey of 1801.
Hello! The mill opened in 1932.
The tower is not open on Sundays.
He said that he did not know the way.
The name is not known.
The passage of the law took nine years.
The documents were signed in 1688 [1].
Sorry! It opened in 1932.
I know: it was Ann Lee.
The evidence was strong.
Nobody answered the door.
The sources of the river lie in Aster.
They did not have children.
It did not report a profit until 1990.
The passages do not mention his birth, he was born in 1950.
The passages don't say, so the answer must be Paris.
The text doesn't say; the bridge was built in 1932.
I don't know, I think it was built in 1932.
The passages do not mention him, Tom Weil built the tower.
The documents do not say — it was opened by the king.
""".strip().splitlines()


@pytest.mark.parametrize("answer", DECLINED)
def test_declining_is_seen_in_many_words(answer: str) -> None:
    assert abstains(answer)


@pytest.mark.parametrize("answer", ANSWERED)
def test_an_answer_is_not_taken_for_declining(answer: str) -> None:
    assert not abstains(answer)


@pytest.mark.parametrize("answer", ["", "  ", "..."])
def test_an_empty_answer_abstains(answer: str) -> None:
    assert abstains(answer)


def test_a_guess_after_declining_is_an_answer() -> None:
    assert declines("I don't know")
    assert not declines("I don't know, but the mill was probably closed in 1950")


def test_a_courtesy_declines_nothing() -> None:
    assert courteous("I'm sorry.")
    assert not courteous("I'm sorry the mill closed in 1950.")
    assert not abstains("Hello!")
