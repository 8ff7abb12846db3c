"""Nouns that tell what a sentence is about: people and animals that have names, jobs, and what's no name."""

from __future__ import annotations

import re

_HUMAN = (
    "mother mum mom mummy mommy mama father dad daddy papa parent sister brother sibling twin son daughter "
    "child kid baby toddler wife husband spouse partner girlfriend boyfriend fiancé fiancée fiance fiancee "
    "friend bestie mate pal buddy boss manager supervisor colleague coworker co-worker neighbour neighbor "
    "teacher tutor professor coach trainer doctor dentist physician gp therapist physio physiotherapist "
    "counsellor counselor psychologist psychiatrist optician surgeon nurse midwife vet veterinarian lawyer "
    "solicitor accountant landlord landlady flatmate roommate housemate grandma grandpa granny gran nan "
    "grandmother grandfather grandson granddaughter grandchild aunt auntie uncle cousin niece nephew "
    "godmother godfather godson goddaughter godchild stepmother stepfather stepson stepdaughter stepsister "
    "stepbrother ex crush nanny babysitter cleaner gardener plumber electrician builder hairdresser barber "
    "mechanic postman employer assistant secretary mentor student pupil apprentice captain pen-pal penpal"
)
_ANIMAL = (
    "cat kitten tomcat dog puppy pup hound horse pony mare foal donkey rabbit bunny hamster gerbil mouse "
    "rat ferret hedgehog parrot budgie budgerigar canary parakeet cockatiel cockatoo macaw finch pigeon "
    "chicken hen rooster cockerel duck goose fish goldfish tortoise turtle terrapin snake python gecko "
    "lizard iguana chameleon frog toad newt axolotl salamander tarantula spider snail chinchilla pig "
    "piglet goat sheep lamb cow calf alpaca llama pet terrier spaniel poodle retriever labrador collie "
    "shepherd dachshund beagle whippet greyhound pug corgi husky bulldog boxer"
)
_BEINGS = frozenset(f"{_HUMAN} {_ANIMAL}".split())
_IN_LAW = re.compile(r"(?:mother|father|sister|brother|son|daughter)s?-in-law$")
_PEOPLE_WORDS = (
    "american british english scottish welsh irish french german italian spanish portuguese dutch belgian "
    "swiss austrian polish czech slovak hungarian romanian bulgarian greek turkish russian ukrainian "
    "belarusian lithuanian latvian estonian finnish swedish norwegian danish icelandic albanian serbian "
    "croatian bosnian slovenian macedonian maltese cypriot georgian armenian israeli palestinian lebanese "
    "syrian iraqi iranian persian saudi yemeni omani qatari kuwaiti egyptian libyan tunisian algerian "
    "moroccan sudanese ethiopian eritrean somali kenyan ugandan tanzanian rwandan congolese nigerian "
    "ghanaian senegalese ivorian malian cameroonian angolan zambian zimbabwean namibian african indian "
    "pakistani bangladeshi bengali punjabi tamil nepali nepalese tibetan chinese taiwanese japanese korean "
    "mongolian vietnamese thai laotian cambodian burmese malaysian indonesian filipino filipina singaporean "
    "australian maori samoan fijian canadian mexican guatemalan honduran salvadoran nicaraguan cuban "
    "dominican haitian jamaican colombian venezuelan ecuadorian peruvian bolivian chilean argentine "
    "argentinian uruguayan paraguayan brazilian european asian latino latina hispanic kurdish basque "
    "catalan flemish sicilian bavarian kazakh uzbek afghan christian catholic protestant orthodox lutheran "
    "methodist anglican baptist muslim jewish hindu buddhist sikh mormon quaker aries taurus gemini cancer "
    "leo virgo libra scorpio sagittarius capricorn aquarius pisces"
)
PEOPLE = frozenset(_PEOPLE_WORDS.split())
"""What somebody may be that is written like a name."""
_NO_JOBS_WORDS = (
    "teenager beginner father mother brother sister grandmother grandfather vegetarian fruitarian smoker "
    "member stranger believer lover gamer riser sleeper supporter foreigner newcomer christian canadian "
    "pessimist optimist perfectionist feminist atheist introvert extrovert number winner loser user "
    "customer learner newbie hater eater drinker reader starter survivor admirer follower listener walker "
    "daughter liar sufferer volunteer twin runner swimmer hiker climber cyclist collector"
)
_NO_JOBS = frozenset(_NO_JOBS_WORDS.split())
_JOB_ENDINGS = (
    "eer",
    "ier",
    "ist",
    "ician",
    "arian",
    "smith",
    "wright",
    "maker",
    "keeper",
    "monger",
    "herd",
    "officer",
    "woman",
    "man",
    "person",
)
_JOBS_WORDS = (
    "nurse cook chef pilot student plumber judge clerk vet surgeon architect mechanic accountant coach "
    "priest pastor vicar rabbi imam monk nun soldier midwife barista attorney solicitor guard guide agent "
    "assistant attendant executive consultant analyst intern apprentice nanny pair model actress waitress "
    "host hostess steward stewardess paralegal paramedic roofer tailor butcher doctor technician "
    "electrician optician ceo cto cfo dj cashier courier chauffeur janitor porter professor tutor lecturer "
    "secretary diplomat astronaut luthier sculptor poet entrepreneur freelancer housewife pensioner retiree "
    "trainee detective undertaker magician musician physician beautician statistician politician librarian "
    "veterinarian"
)
_JOBS = frozenset(_JOBS_WORDS.split())


def is_being(name: str) -> bool:
    """Whether "sister" or "grey cat" names somebody: by its last word."""
    last = name.split()[-1] if name.split() else ""
    return last in _BEINGS or bool(_IN_LAW.fullmatch(last))


def is_people(word: str) -> bool:
    """Whether a word with a capital says where somebody is from or what they believe, and is no name."""
    return word.lower() in PEOPLE or word.lower().endswith(("ese", "ish"))


def is_job(phrase: str) -> bool:
    """Whether "night nurse at the clinic" names what somebody does; its last word before "at" tells."""
    head = re.split(
        r"\b(?:at|in|for|with|by|from|on|who|and|of|now|but|here|working|since|near|specialis\w+)\b|[,;]",
        phrase,
    )[0]
    words = re.findall(r"[\w-]+", head)
    if not words or len(words) > 5 or words[-1] in _NO_JOBS or words[-1] in PEOPLE:
        return False
    last = words[-1]
    return (
        last in _JOBS
        or bool(re.search(r"[^aeiou]er$|[^aeiou]or$", last))
        or any(last.endswith(end) and last != end for end in _JOB_ENDINGS)
    )
