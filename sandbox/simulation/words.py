"""The words that anybody knows who has used a bot before, in the three languages: what a button is for.

Only what moves a conversation stands here. A button with other words is an answer, and what it means is up to the
person.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Language = Literal["en", "fr", "es"]
Meaning = Literal[
    "again",
    "agree",
    "approve",
    "back",
    "change",
    "continue",
    "decline",
    "delete",
    "disagree",
    "done",
    "form",
    "human",
    "later",
    "more",
    "own",
    "skip",
]

LANGUAGES: dict[str, Language] = {"english": "en", "francais": "fr", "espanol": "es"}

# The first that fits counts: "I do not agree" is no "I agree".
_MEANINGS: dict[Meaning, str] = {
    "disagree": r"\b(do not agree|n accepte pas|no acepto)\b",
    "agree": r"^i agree|\b(j accepte|acepto)$",
    "later": r"\b(later|plus tard|mas tarde|despues)$",
    "back": r"^(back|retour|atras|volver)\b",
    "again": r"^((start|begin) again|recommencer|empezar de nuevo)$",
    "delete": r"^(delete|erase|yes erase|supprimer|effacer|oui tout effacer|borrar|si borrar)\b",
    "human": r"\b(ask a person|a une personne|a una persona)$",
    "skip": r"^(skip|passer|omitir)$",
    "done": r"^(done|valider|listo)$",
    "more": r"^(more|autres choix|mas opciones) \d+$",
    "form": r"\b(as a form|formulaire|formulario)$",
    "change": r"^(change|modifier|cambiar)( an answer| une reponse| una respuesta)?$",
    "continue": r"^(continue|continuer|continuar)\b",
    "own": r"^(propose|en proposer|proponer)\b",
    "approve": r"^(approve|accepter|aprobar)$",
    "decline": r"^(decline|refuser|rechazar)$",
}

_SORRY = re.compile(r"went wrong on my side|probleme est survenu de mon cote|algo ha fallado de mi lado")


@lru_cache(4096)
def meaning(label: str) -> Meaning | None:
    """What a button is for, None when its words are an answer."""
    words = folded(label)
    return next((found for found, pattern in _MEANINGS.items() if re.search(pattern, words)), None)


def apologises(text: str) -> bool:
    """Whether the bot says that something went wrong on its side."""
    return bool(_SORRY.search(folded(text)))


@lru_cache(8192)
def folded(text: str) -> str:
    """Words without case, accents and signs, one space between them."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign if sign.isalnum() else " " for sign in bare if not unicodedata.combining(sign))
    return " ".join(letters.split())
