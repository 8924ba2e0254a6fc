"""Scenes in which a rule of the platforms bites, by the rule's name."""

from collections.abc import Awaitable, Callable

from tests.sandbox.conftest import FarSide

Scene = Callable[[FarSide], Awaitable[bool]]
"""Plays the scene; tells whether the rule was felt in it."""

SCENES: dict[str, Scene] = {}


def rule(name: str) -> Callable[[Scene], Scene]:
    """Names the rule that a scene is about."""

    def put(scene: Scene) -> Scene:
        assert name not in SCENES, name
        SCENES[name] = scene
        return scene

    return put


async def felt(far: FarSide, name: str, strict: bool) -> bool:
    """Play the scene of a rule with this rule, or with every rule but this one."""
    if strict:
        far.world.strict.add(name)
    else:
        far.world.strict.discard(name)
    return await SCENES[name](far)
