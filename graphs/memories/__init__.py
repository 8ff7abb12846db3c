"""What outlasts a thread: facts that a user told, kept in the user's own words.

`statements` takes from a message what is worth keeping, `about` names what a sentence tells, so that a newer
one can take the place of an older, and `forgetting` tells what the user wants to be forgotten. No model has a
part in it. How facts are shown to one is in `models.chat.told`.
"""
