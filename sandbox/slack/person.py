"""A person in Slack, as tests and simulations play one."""

from collections.abc import Callable
from typing import Any

from sandbox.receipt import Receipt
from sandbox.seeing import NEWEST, Person, Seen
from sandbox.slack import acts, inputs, modals
from sandbox.slack.form import Modal, read_modal
from sandbox.slack.state import BOT_USER, Conversation, Message, View
from sandbox.slack.text import block_lines, button_labels, plain, text_lines
from sandbox.slack.view import seen_by
from sandbox.wire import JSON

TAPPED = ("button", "radio_buttons", "static_select", "overflow")
Use = Callable[[JSON, JSON, Any], Receipt | None]


class SlackPerson(Person):
    """Talks to the app in its direct message, in its Home tab and in its modals."""

    command_root = "/4p1000"
    _at_home = False

    @property
    def user(self) -> str:
        return acts.account(self.persona)

    @property
    def dm(self) -> Conversation:
        slack = self.world.slack
        return slack.conversations[slack.people[self.user].dm]

    @property
    def notice(self) -> str:
        """What Slack itself last told the person; empty when nothing."""
        told = self.world.slack.people[self.user].notice
        return told[1] if told else ""

    @property
    def modal(self) -> Modal | None:
        """The modal on top, None when none is open."""
        view = self._top()
        return read_modal(view) if view else None

    def home(self) -> str:
        """The app's Home tab as text; empty until the app has published one."""
        view = self.world.slack.people[self.user].home
        return "\n".join(block_lines(view.blocks, view.values)) if view else ""

    def _top(self) -> View | None:
        open_modals = self.world.slack.people[self.user].modals
        return open_modals[-1] if open_modals else None

    def messages(self) -> list[Seen]:
        return [self._seen(message) for message in seen_by(self.dm, self.user, NEWEST)]

    def _seen(self, message: Message) -> Seen:
        mine = message.user != BOT_USER
        lines = [] if mine else list(text_lines(message.blocks, message.values))
        shown = "\n".join(lines) or plain(message.text)
        pictures = sum(block["type"] == "image" for block in message.blocks)
        pictures += sum(file.width is not None for file in message.files)
        files = tuple(file.name for file in message.files)
        return Seen(message.ts, shown, tuple(button_labels(message.blocks)), mine, pictures, files)

    def screen(self) -> str:
        modal = self.modal
        if modal is not None:
            return str(modal)
        shown = self.home() if self._at_home else super().screen()
        return f"{shown}\n\n({self.notice})" if self.notice else shown

    async def say(self, text: str, thread: Seen | None = None) -> None:
        """Write to the app, in a thread when one of its messages is given."""
        self.look()
        self._at_home = False
        ts = str(thread.id) if thread else None
        await self._acknowledged(acts.say(self.world.slack, self.persona, text, None, ts), f"said {text!r}")

    async def command(self, name: str, text: str = "") -> None:
        """A command; one that is no slash command of the app, such as `/join`, is given as `/4p1000 join`."""
        self.look()
        if name not in self.world.slack.commands and self.command_root in self.world.slack.commands:
            name, text = self.command_root, f"{name.lstrip('/')} {text}".strip()
        receipt = acts.command(self.world.slack, self.persona, name, text)
        await self._acknowledged(receipt, f"gave the command {name} {text}")

    async def start(self, payload: str = "") -> None:
        """What a person does first; Slack has no deep links, so the payload is typed."""
        await self.command("/start", payload)

    async def open_home(self) -> None:
        """Open the app's Home tab, and stay there."""
        self._at_home = True
        await self._acknowledged(acts.open_home(self.world.slack, self.persona), "opened Home")

    async def open_messages(self) -> None:
        """Open the app's Messages tab, and stay there."""
        self._at_home = False
        await self._acknowledged(acts.open_home(self.world.slack, self.persona, "messages"), "opened Messages")

    async def tap(self, label: str, on: Seen | None = None) -> None:
        """Tap a button, or an option offered by radio buttons or a menu, by its label.

        Looked for in the open modal, in Home when that is where the person is, then on the newest message that has
        it; on one message when `on` is given. LookupError when there is none.
        """
        block, element, value, use = self._find(label, on)
        self.look()
        await self._acknowledged(use(block, element, value), f"tapped {label!r}")

    async def tap_twice(self, label: str, on: Seen | None = None) -> None:
        """Tap before the first tap has shown any effect."""
        block, element, value, use = self._find(label, on)
        self.look()
        receipts = [use(block, element, value) for _ in range(2)]
        for receipt in receipts:
            await self._acknowledged(receipt, f"tapped {label!r} twice")

    def _find(self, label: str, on: Seen | None) -> tuple[JSON, JSON, Any, Use]:
        for blocks, use in self._surfaces(on):
            for block, element in inputs.elements(blocks):
                if element["type"] not in TAPPED or block["type"] == "input":
                    continue
                if element["type"] == "button":
                    if element["text"]["text"] == label:
                        return block, element, None, use
                    continue
                for option in inputs.options(element):
                    if option["text"]["text"] == label:
                        return block, element, option["value"], use
        raise LookupError(f"{self.persona.id} sees nothing labelled {label!r}; screen:\n{self.screen()}")

    def _surfaces(self, on: Seen | None) -> list[tuple[list[JSON], Use]]:
        """Where a tap may land, nearest first."""
        slack, views = self.world.slack, []
        if on is None and (top := self._top()):
            views.append(top)
        elif on is None and self._at_home and (home := slack.people[self.user].home):
            views.append(home)
        surfaces = [(view.blocks, self._use_of_view(view)) for view in views]
        for message in reversed(seen_by(self.dm, self.user, NEWEST)):
            if on is None or message.ts == on.id:
                surfaces.append((message.blocks, self._use_of_message(message)))
        return surfaces

    def _use_of_view(self, view: View) -> Use:
        return lambda block, element, value: acts.act_on_view(
            self.world.slack, self.persona, view.id, block["block_id"], element["action_id"], value
        )

    def _use_of_message(self, message: Message) -> Use:
        return lambda block, element, value: acts.act_on_message(
            self.world.slack, self.persona, self.dm.id, message.ts, block["block_id"], element["action_id"], value
        )

    async def choose(self, label: str, value: Any) -> None:
        """Fill in one input, named by its label, of the modal or else of the newest message that has it.

        `value` is a text, an option's label or a list of them. When the app asked to hear of it, it does.
        """
        for blocks, use in self._surfaces(None):
            labels = inputs.labels_of(blocks)
            for block, element in inputs.elements(blocks):
                if block["block_id"] in labels and label in (labels[block["block_id"]], block["block_id"]):
                    self.look()
                    await self._acknowledged(use(block, element, _value(element, value)), f"chose {value!r}")
                    return
        raise LookupError(f"{self.persona.id} sees no input {label!r}; screen:\n{self.screen()}")

    async def submit(self, values: dict[str, Any] | None = None) -> dict[str, str]:
        """Send the modal with these values by label (or block_id): a text, an option's label, or a list of them.

        Gives the errors by label that the modal then shows; empty when it was taken.
        """
        view = self._top()
        if view is None:
            raise LookupError(f"{self.persona.id} has no modal open; screen:\n{self.screen()}")
        labels = inputs.labels_of(view.blocks)
        by_label = {label: block_id for block_id, label in labels.items()}
        given: dict[str, dict[str, Any]] = {}
        for name, value in (values or {}).items():
            block_id = by_label.get(name, name)
            element = next((one for block, one in inputs.elements(view.blocks) if block["block_id"] == block_id), None)
            if element is None:
                raise LookupError(f"the modal has no field {name!r}, only {list(by_label)}")
            given[block_id] = {element["action_id"]: _value(element, value)}
        self.look()
        receipt, errors = modals.submit(self.world.slack, self.persona, view.id, given)
        await self._acknowledged(receipt, "sent the modal")
        return {labels.get(block_id, block_id): text for block_id, text in (errors or view.errors).items()}

    async def close(self) -> None:
        """Close the modal on top."""
        view = self._top()
        if view is None:
            raise LookupError(f"{self.persona.id} has no modal open")
        await self._acknowledged(modals.close(self.world.slack, self.persona, view.id), "closed the modal")

    def upload(self, name: str, data: bytes) -> JSON:
        """A file for a modal: what it gives goes into a list for `choose` or `submit`."""
        return acts.upload(self.world.slack, self.persona, name, data)

    async def send_document(self, name: str, data: bytes, text: str = "") -> None:
        self.look()
        receipt = acts.send_file(self.world.slack, self.persona, name, data, text=text)
        await self._acknowledged(receipt, "sent a file")


def _value(element: JSON, value: Any) -> Any:
    """An option's value for its label, anything else as it is."""
    if element["type"] == "file_input":
        return value
    by_label = {option["text"]["text"]: option["value"] for option in inputs.options(element)}
    if isinstance(value, (list, tuple)):
        return [by_label.get(one, one) for one in value]
    return by_label.get(value, value) if isinstance(value, str) else value
