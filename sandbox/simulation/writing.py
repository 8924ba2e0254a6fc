"""What people write when a question wants their own words."""

import re
from random import Random

from sandbox.simulation.character import Character, misspelt
from sandbox.simulation.words import Language, folded

_COUNTRIES: dict[Language, tuple[str, ...]] = {
    "en": ("Kenya", "India", "United Kingdom", "United States", "Ghana", "Uganda", "Nepal", "Canada", "Zambia"),
    "fr": ("Sénégal", "France", "Côte d'Ivoire", "Maroc", "Burkina Faso", "Belgique", "Cameroun", "Suisse", "Mali"),
    "es": ("Colombia", "Perú", "España", "México", "Costa Rica", "Bolivia", "Chile", "Guatemala", "Uruguay"),
}
_AMOUNTS = ("5000 EUR", "250 USD", "€ 1,200", "1200,50 EUR", "about 300 euros", "10.000 €", "2 500 EUR", "800")
_NAMES: dict[Language, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (("Green", "Living", "Deep", "Common", "Patient"), ("Soils", "Acres", "Roots", "Fields", "Compost")),
    "fr": (("Terres", "Racines", "Sols", "Prairies", "Graines"), ("vivantes", "communes", "profondes", "d'ici")),
    "es": (("Suelos", "Raíces", "Tierras", "Semillas", "Surcos"), ("vivos", "comunes", "del valle", "de mañana")),
}
_SENTENCES: dict[Language, tuple[str, ...]] = {
    "en": (
        "We compare what the maps say with what the farmers see.",
        "I can give two afternoons a week, more in winter.",
        "Our village has kept its hedges, and would like to show them.",
        "We measure soil carbon on forty small farms, and share what we find.",
        "Please write to me in the mornings.",
    ),
    "fr": (
        "Nous comparons ce que disent les cartes et ce que voient les agriculteurs.",
        "Je peux donner deux après-midi par semaine, davantage en hiver.",
        "Notre village a gardé ses haies et aimerait les montrer.",
        "Nous mesurons le carbone du sol dans quarante petites fermes.",
        "Écrivez-moi plutôt le matin.",
    ),
    "es": (
        "Comparamos lo que dicen los mapas con lo que ven los agricultores.",
        "Puedo dedicar dos tardes por semana, más en invierno.",
        "Nuestro pueblo ha conservado sus setos y quisiera mostrarlos.",
        "Medimos el carbono del suelo en cuarenta fincas pequeñas.",
        "Escríbame por la mañana, por favor.",
    ),
}
_COUNTRY = re.compile(r"\b(country|pays|pais)\b")
_MONEY = re.compile(r"\b(currency|monnaie|moneda|amount|montant|cantidad)\b")
_NAME = re.compile(r"\b(called|name|appelle|appeler|nom|llama|llamarla|nombre|organisation|organizacion)\b")


def answer(question: str, character: Character, random: Random, attempt: int = 0) -> str:
    """What they answer to these words; from the second attempt on carefully: spelt right, in the plainest form."""
    asked = folded(question)
    if _MONEY.search(asked):
        return random.choice(_AMOUNTS) if attempt == 0 else "5000 EUR"
    if _COUNTRY.search(asked):
        words = _favourite(_COUNTRIES[character.language], character)
    elif _NAME.search(asked):
        first, second = _NAMES[character.language]
        # The same name for the same question, however often it is asked.
        own = Random(f"{character.seed} {asked}")
        words = f"{own.choice(first)} {own.choice(second)}"
    else:
        return _favourite(_SENTENCES[character.language], character)
    return misspelt(words, random) if attempt == 0 and random.random() < character.misspelling else words


def _favourite(choices: tuple[str, ...], character: Character) -> str:
    return max(choices, key=character.liking)
