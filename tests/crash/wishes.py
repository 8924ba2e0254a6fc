"""What each of the simulated people will answer to the join form, and how its questions look to them."""

from dataclasses import dataclass
from random import Random

from bot.catalogue.catalogue import load as load_catalogue
from bot.flows import describe
from bot.flows.flow import PickSeveral, Write
from bot.flows.joining import join
from bot.flows.joining.join import JOIN, ORGANISATION_TYPES
from bot.locales import load as load_words

Answer = str | list[str] | None

WORDS = load_words()["en"]
CATALOGUE = load_catalogue()
STEPS = {step.id: step for step in JOIN.steps}
ASKED = {step.id: WORDS.plain(f"join.{step.id}.ask") for step in JOIN.steps}
LABELS = {step.id: WORDS.plain(f"join.{step.id}.label") for step in JOIN.steps}
CONTRIBUTIONS = {WORDS.plain(f"join.contributions.{kind}") for kind in join.CONTRIBUTIONS}


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody's answers by the question's id: what is stored for a choice (for the coalition, how its label
    begins), the words for what is typed, None for what they skip."""

    answers: dict[str, Answer]

    @property
    def facility_title(self) -> str:
        """The name of the facility, and of the first coalition in it."""
        return CATALOGUE.facility(str(self.answers["facility"])).title("en").text

    def is_typed(self, question: str) -> bool:
        return isinstance(STEPS[question], Write)

    def is_several(self, question: str) -> bool:
        return isinstance(STEPS[question], PickSeveral)

    def labels(self, question: str) -> list[str]:
        """How the options they want begin on the screen."""
        answer = self.answers[question]
        values = answer if isinstance(answer, list) else [answer] if answer else []
        if question == "facility":
            return [describe.facility(CATALOGUE.facility(value), WORDS) for value in values]
        if question == "coalition":
            return [self.facility_title]
        return [WORDS.plain(f"join.{question}.{value}") for value in values]


def wishes(count: int, random: Random) -> list[Wish]:
    """As many different wishes: half of them for an organisation, each of its own."""
    return [Wish(_answers(number, random)) for number in range(count)]


def _answers(number: int, random: Random) -> dict[str, Answer]:
    answers: dict[str, Answer] = {"language": "en", "agreement": "yes"}
    if number % 2:
        status = random.choice(["member", "partner", "friend", "none"])
        answers |= {
            "capacity": "organisation",
            "organisation": f"Green Soils {number}",
            "organisation_type": random.choice(ORGANISATION_TYPES),
            "country": random.choice(["Kenya", "France", "Colombia"]),
            "status": status,
        }
        role = random.choice(["member", "leader"]) if status == "partner" else "member"
    else:
        answers["capacity"], role = "alone", "member"
    contributions = random.sample(join.CONTRIBUTIONS, random.randint(0, 3))
    answers |= {
        "generation": random.choice(["youth", "senior", "neither"]),
        "engagement": random.choice(["volunteer", "professional"]),
        "facility": random.choice([facility.code for facility in CATALOGUE.all_facilities]),
        "coalition": "first",
        "role": role,
        "contributions": list(contributions),
    }
    if "funds" in contributions:
        answers["amount"] = f"{1000 + number} EUR"
    answers["note"] = random.choice([None, f"This is note {number}."])
    return answers
