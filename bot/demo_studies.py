"""The two studies that a visitor of the demo finds: what they ask, and what made-up panellists said."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.delphi.protocol import (
    AgreeItem,
    ChoiceItem,
    Ends,
    Group,
    NumberItem,
    OpenItem,
    Option,
    Protocol,
    Round,
    ScaleItem,
    Texts,
)

SOILS, TOGETHER = "soilcarbon", "together"
# Days from today on which rounds open and close, at nine in the morning and six in the evening.
SOIL_ROUNDS = ((-24, -6), (-2, 5), (12, 19))
TOGETHER_ROUNDS = ((-1, 8), (15, 22))


def soils(today: date) -> Protocol:
    """Its first round is over, its second one is open."""
    return Protocol(
        study=SOILS,
        title=_words(
            "Priorities for soil carbon",
            "Priorités pour le carbone des sols",
            "Prioridades para el carbono del suelo",
        ),
        introduction=_words(
            "Which practices should the Initiative promote first? You see where the others stand after each round, and "
            "can keep your answers or change them.",
            "Quelles pratiques l’Initiative devrait-elle promouvoir d’abord ? Après chaque tour, vous voyez où en sont "
            "les autres, et vous pouvez garder vos réponses ou les changer.",
            "¿Qué prácticas debería promover primero la Iniciativa? Después de cada ronda usted ve dónde están los "
            "demás, y puede mantener sus respuestas o cambiarlas.",
        ),
        groups=[
            Group(id="farmers", name=_words("Farmers", "Monde agricole", "Mundo agrícola")),
            Group(id="science", name=_words("Research", "Recherche", "Investigación")),
            Group(id="ngo", name=_words("NGOs", "ONG", "ONG")),
        ],
        open_panel=True,
        smallest_group=3,
        ends=_IMPORTANCE,
        items=[
            ScaleItem(
                id="A1",
                text=_words(
                    "Cover crops between two main crops",
                    "Couverts végétaux entre deux cultures principales",
                    "Cultivos de cobertura entre dos cultivos principales",
                ),
                explanation=_words(
                    "Sown so that the soil is never bare.",
                    "Semés pour que le sol ne soit jamais nu.",
                    "Sembrados para que el suelo nunca quede desnudo.",
                ),
            ),
            ScaleItem(
                id="A2",
                text=_words(
                    "Trees and hedges in fields and pastures",
                    "Arbres et haies dans les champs et les prairies",
                    "Árboles y setos en campos y pastos",
                ),
            ),
            ScaleItem(id="A3", text=_words("Less ploughing", "Moins de labour", "Menos labranza")),
            ScaleItem(
                id="A4",
                text=_words(
                    "Biochar on arable land", "Du biochar sur les terres arables", "Biocarbón en tierras de cultivo"
                ),
                explanation=_words(
                    "Plant residues heated without air, ploughed in.",
                    "Des résidus de plantes chauffés sans air, puis enfouis.",
                    "Restos de plantas calentados sin aire y enterrados.",
                ),
            ),
            AgreeItem(
                id="B1",
                text=_words(
                    "Farmers should be paid for the carbon that their soils store.",
                    "Les agriculteurs devraient être payés pour le carbone que leurs sols stockent.",
                    "Se debería pagar a los agricultores por el carbono que almacenan sus suelos.",
                ),
            ),
            NumberItem(
                id="C1",
                measure="year",
                least=2025,
                most=2100,
                text=_words(
                    "By what year can half of all cropland be under cover in winter?",
                    "En quelle année la moitié des terres cultivées pourra-t-elle être couverte en hiver ?",
                    "¿En qué año podrá estar cubierta en invierno la mitad de las tierras de cultivo?",
                ),
            ),
        ],
        rounds=_rounds(today, SOIL_ROUNDS),
    )


def together(today: date) -> Protocol:
    """Its first round is open, and whoever has the link can take part."""
    return Protocol(
        study=TOGETHER,
        title=_words("Young and old for soils", "Jeunes et seniors pour les sols", "Jóvenes y mayores por los suelos"),
        introduction=_words(
            "What should young and older people do together for soils?",
            "Que devraient faire ensemble les jeunes et les seniors pour les sols ?",
            "¿Qué deberían hacer juntos los jóvenes y los mayores por los suelos?",
        ),
        open_panel=True,
        smallest_group=3,
        ends=_IMPORTANCE,
        items=[
            ScaleItem(
                id="A1",
                text=_words(
                    "A farmer shares a field with a beginner for a year.",
                    "Un agriculteur partage un champ avec un débutant pendant un an.",
                    "Un agricultor comparte un campo con un principiante durante un año.",
                ),
            ),
            ScaleItem(
                id="A2",
                text=_words(
                    "Every school has a garden that seniors look after with the pupils.",
                    "Chaque école a un jardin que des seniors entretiennent avec les élèves.",
                    "Cada escuela tiene un huerto que los mayores cuidan con los alumnos.",
                ),
            ),
            ChoiceItem(
                id="B1",
                most=2,
                text=_words("Where should it begin?", "Par où commencer ?", "¿Por dónde empezar?"),
                options=[
                    Option(id="schools", text=_words("In schools", "Dans les écoles", "En las escuelas")),
                    Option(id="farms", text=_words("On farms", "Dans les fermes", "En las fincas")),
                    Option(id="villages", text=_words("In villages", "Dans les villages", "En los pueblos")),
                    Option(id="online", text=_words("Online", "En ligne", "En línea")),
                ],
            ),
            OpenItem(
                id="C1",
                text=_words(
                    "What would make you stay for several years?",
                    "Qu’est-ce qui vous ferait rester plusieurs années ?",
                    "¿Qué le haría seguir durante varios años?",
                ),
            ),
        ],
        rounds=_rounds(today, TOGETHER_ROUNDS),
    )


# Who is on the panel of the first study, by group, and what each said of the items in order; None: unable to score.
PANEL: Mapping[str, tuple[str, Sequence[Any]]] = {
    "ned": ("farmers", (6, 7, 3, 4, 5, 2045)),
    "awa": ("ngo", (8, 9, 7, 2, 4, 2040)),
    "bruno": ("farmers", (8, 7, 3, 5, 5, 2050)),
    "ines": ("farmers", (7, 8, 2, 3, 5, 2048)),
    "gareth": ("farmers", (9, 6, 2, 4, 5, 2060)),
    "amadou": ("farmers", (8, 9, 4, None, 4, 2045)),
    "rosa": ("farmers", (7, 8, 3, 6, 5, 2055)),
    "mira": ("science", (9, 7, 8, 7, 3, 2040)),
    "pascal": ("science", (8, 8, 9, 8, 2, 2038)),
    "lucia": ("science", (8, 7, 8, 6, 3, 2042)),
    "henrik": ("science", (7, 7, 7, 8, 2, 2050)),
    "nia": ("ngo", (9, 9, 7, 1, 4, 2035)),
    "odile": ("ngo", (8, 8, 6, 2, 4, 2040)),
    "mateo": ("ngo", (7, 9, 8, 2, 4, 2045)),
}
# Why they said so, by person and item; looked at by the secretariat.
REASONS: Mapping[tuple[str, str], str] = {
    ("gareth", "A1"): "Two winters with clover and I needed a third less nitrogen.",
    ("ines", "A3"): "Sur mes argiles, sans labour il me faut plus de désherbant. Ce n’est pas un progrès.",
    ("pascal", "A3"): "Les essais de dix ans montrent plus de carbone en surface, et bien moins d’érosion.",
    ("lucia", "A3"): "En zonas secas guarda el agua: esa es la razón principal, no el carbono.",
    ("nia", "A4"): "Where would all that biomass come from? Not from forests, please.",
    ("henrik", "A4"): "It is the only practice whose carbon is still there after a hundred years.",
    ("bruno", "B1"): "Trabajamos años para todos; alguien tiene que pagarlo.",
    ("mira", "B1"): "Measuring it field by field costs more than the payment. Pay for practices instead.",
}
# In the second round some have answered everything, some a part, some nothing yet; and two gave reasons that nobody
# has looked at.
SECOND: Mapping[str, Sequence[Any]] = {
    "awa": (8, 9),
    "bruno": (8, 7, 4, 5, 5, 2048),
    "gareth": (9, 6, 3, 3, 5, 2055),
    "mira": (9, 7, 7, 5, 3, 2040),
    "lucia": (8, 7, 7, 5, 3, 2042),
    "nia": (9, 9, 7, 2, 4, 2038),
    "odile": (8, 8),
    "rosa": (7, 8, 4),
}
NEW_REASONS: Mapping[tuple[str, str], str] = {
    ("bruno", "A3"): "He leído lo del agua. Lo probaré en una parcela.",
    ("mira", "A4"): "I went down: I had not thought of where the biomass comes from.",
}
# Who answered in the second study, by item in order.
TOGETHER_ANSWERS: Mapping[str, Sequence[Any]] = {
    "amadou": (8, 7, ["farms", "villages"], "Un repas par mois, à la ferme."),
    "odile": (6, 9, ["schools"], "Voir les enfants grandir."),
    "mateo": (7, 8, ["schools", "villages"]),
    "nia": (9, 8, ["farms"], "A certificate that counts for something."),
    "henrik": (5, 7),
}


def _words(en: str, fr: str, es: str) -> Texts:
    return {"en": en, "fr": fr, "es": es}


_IMPORTANCE = Ends(
    low=_words("not important", "pas important", "nada importante"),
    high=_words("essential", "essentiel", "esencial"),
)


def _rounds(today: date, days: Sequence[tuple[int, int]]) -> list[Round]:
    return [
        Round(
            opens=datetime.combine(today + timedelta(days=opens), time(9)),
            closes=datetime.combine(today + timedelta(days=closes), time(18)),
        )
        for opens, closes in days
    ]
