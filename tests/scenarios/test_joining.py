"""Joining, told as it happens. Every scenario runs on both platforms and on both databases."""

from sandbox.slack.person import SlackPerson
from tests.stage import Actor, Stage

ALONE = {"Joining": "On my own", "Youth or senior": "Youth", "Taking part as": "Volunteer"}
FOR_AN_NGO = {
    "Joining": "For an organisation",
    "Organisation": "Green Soils",
    "Kind of organisation": "Civil society, association or NGO",
    "Country": "Kenya",
    "Status in the Initiative": "Partner",
    "Youth or senior": "Neither",
    "Taking part as": "Professional",
}
REGENERATION = {
    "Facility": "Global Facility 4: Soil Regeneration",
    "Coalition": "Soil Regeneration (you would be the first)",
}
KNOWLEDGE = {"Role": "Team member", "Contribution": ["Knowledge"], "Note to the Secretariat": None}


async def begin(person: Actor) -> None:
    """From the first word to the first question about the person."""
    await person.say("/start")
    await person.say("/join")
    await person.tap("English")
    await person.tap("I agree")


async def join_regeneration(person: Actor) -> None:
    await begin(person)
    await person.fill(ALONE)
    await person.fill(REGENERATION)
    await person.fill(KNOWLEDGE)
    await person.tap("Send the request")


async def test_joining_alone(ada: Actor, tom: Actor) -> None:
    await ada.say("/start")
    assert "Hello Ada!" in ada.one_message().text
    await ada.tap("Join a coalition")
    assert "Which language shall we speak?" in ada.one_message().text
    await ada.tap("English")
    assert "Do you agree to that?" in ada.one_message().text
    await ada.tap("I agree")
    await ada.fill(ALONE)
    await ada.fill(REGENERATION)
    await ada.fill(KNOWLEDGE)

    review = ada.last
    assert "Please check your request" in review.text
    assert "Facility: Global Facility 4: Soil Regeneration" in review.text
    assert "Nothing has been sent yet." in review.text

    await ada.tap("Send the request")
    assert "Your request to join the Alliance Soil Regeneration was sent." in ada.one_message().text
    tom.sees("Ada Rowan asks to join the Alliance Soil Regeneration.", "Youth or senior: Youth", "[Approve]")

    await tom.tap("Approve")
    assert "✓ Approved by Tom Siltmere." in tom.one_message().text
    ada.sees("Your request to join the Alliance Soil Regeneration was approved by Tom Siltmere. Welcome!")

    await ada.say("/coalitions")
    ada.sees("Your membership: member", "You pledged: Knowledge", "1 member")


async def test_joining_for_an_organisation(ada: Actor, tom: Actor) -> None:
    await begin(ada)
    await ada.fill(FOR_AN_NGO)
    await ada.fill(REGENERATION)
    await ada.fill(
        {
            "Role": "Leader",
            "Contribution": ["Staff", "Funds"],
            "Amount of funds": "€ 2,500.50",
            "Note to the Secretariat": "We start in March.",
        }
    )
    assert "Amount of funds: 2,500.50 EUR" in ada.last.text
    await ada.tap("Send the request")
    ada.sees("Your request to join the Alliance Soil Regeneration was sent.")
    tom.sees(
        "Organisation: Green Soils",
        "Kind of organisation: Civil society, association or NGO",
        "Country: Kenya",
        "Status in the Initiative: Partner",
        "Role: Leader",
        "Contribution: Staff, Funds (2,500.50 EUR)",
        "Note to the Secretariat: We start in March.",
    )


async def test_only_a_partner_organisation_is_offered_a_leading_role(ada: Actor) -> None:
    await begin(ada)
    await ada.fill(FOR_AN_NGO | {"Status in the Initiative": "Friend"})
    await ada.fill(REGENERATION)
    ada.sees("Leaders and regional representatives come from partner organisations.")
    assert "Leader" not in ada.last.buttons


async def test_an_authority_is_proposed_a_partnership_and_everything_else_is_one_tap_away(ada: Actor) -> None:
    await begin(ada)
    await ada.fill(FOR_AN_NGO | {"Kind of organisation": "State or local authority"})
    assert "we propose a Partnership" in ada.last.text
    assert "1. Core Facility I: Strategy" in ada.last.text
    await ada.tap("More (8)")
    assert "Global Facility 4: Soil Regeneration" in ada.last.text


async def test_proposing_a_coalition(ada: Actor, scene: Stage, tom: Actor) -> None:
    await begin(ada)
    await ada.fill(ALONE)
    await ada.fill(
        {
            "Facility": "Global Facility 7: Soil Monitoring System",
            "Coalition": "Propose a new one",
            "Name of the new coalition": "Spade and Satellite",
            "Aim": "We compare soil maps with what farmers see.",
            "Objectives": ["A6 Conceptual Framework"],
        }
    )
    await ada.fill(KNOWLEDGE)
    await ada.tap("Send the request")
    ada.sees("Your request to join the Alliance Spade and Satellite was sent.")
    tom.sees("Aim: We compare soil maps with what farmers see.")

    ben = scene.telegram("ben")
    await ben.say("/start")
    await ben.say("/objectives")
    await ben.tap("Global Facilities")
    await ben.tap("7")
    ben.sees("Spade and Satellite (forming) · 0 members")
    await tom.tap("Approve")
    await ben.tap("‹ Facilities")
    await ben.tap("7")
    ben.sees("1. Spade and Satellite · 1 member")


async def test_declining_with_a_reason(ada: Actor, tom: Actor) -> None:
    await join_regeneration(ada)
    await tom.tap("Decline")
    assert "Why? The person will read your words." in tom.one_message().text
    await tom.say("Please join the group of your own country.")
    tom.sees("✗ Declined by Tom Siltmere.", "Reason: Please join the group of your own country.")
    ada.sees("was declined by Tom Siltmere.", "Their reason: Please join the group of your own country.")
    await ada.say("/coalitions")
    ada.sees("You have not joined anything yet.")


async def test_two_deciders_make_one_decision(ada: Actor, tom: Actor, ruth: Actor) -> None:
    await join_regeneration(ada)
    request = ruth.last
    await tom.tap("Approve")
    ruth.sees("✓ Approved by Tom Siltmere.")
    assert "Decline" not in ruth.last.buttons

    # Somebody whose screen has not caught up yet decides otherwise.
    assert isinstance(ruth.person, SlackPerson)
    ruth.person.dm.messages[str(request.id)].blocks = [
        {
            "type": "actions",
            "block_id": "late",
            "elements": [
                {
                    "type": "button",
                    "action_id": "b0",
                    "value": "decline_1",
                    "text": {"type": "plain_text", "text": "Decline"},
                }
            ],
        }
    ]
    await ruth.tap("Decline")
    ruth.sees("✓ Approved by Tom Siltmere.")
    ada.sees_not("declined")


async def test_changing_a_pledge_and_leaving(ada: Actor, tom: Actor) -> None:
    await join_regeneration(ada)
    await tom.tap("Approve")
    await ada.say("/coalitions")
    await ada.tap("Change what I pledged")
    ada.sees("So far you have pledged to Soil Regeneration: Knowledge.")
    await ada.fill({"Contribution": ["Land"]})
    await ada.tap("Save")
    ada.sees("Your pledge to Soil Regeneration is now: Land.")

    await ada.tap("My coalitions")
    ada.sees("You pledged: Land")
    await ada.tap("Leave")
    assert "Leave Soil Regeneration?" in ada.one_message().text
    await ada.tap("Yes")
    ada.sees("You have left Soil Regeneration.")
    tom.sees("Ada Rowan has left Soil Regeneration.")
    await ada.say("/coalitions")
    ada.sees("You have not joined anything yet.")


async def test_back_and_change(ada: Actor) -> None:
    await begin(ada)
    await ada.tap("On my own")
    await ada.tap("‹ Back")
    assert "Do you join on your own, or for an organisation?" in ada.one_message().text
    await ada.tap("On my own")
    await ada.tap("Senior")
    await ada.tap("Volunteer")
    await ada.fill(REGENERATION)
    await ada.fill(KNOWLEDGE)

    await ada.tap("Change an answer")
    assert "Which answer do you want to change?" in ada.one_message().text
    await ada.tap("4")
    assert "youth or of the seniors?" in ada.one_message().text
    await ada.tap("Youth")
    assert "Please check your request" in ada.last.text
    assert "Youth or senior: Youth" in ada.last.text


async def test_changing_who_one_joins_for_asks_what_follows_from_it(ada: Actor) -> None:
    await begin(ada)
    await ada.fill(ALONE)
    await ada.fill(REGENERATION)
    await ada.fill(KNOWLEDGE)
    await ada.tap("Change an answer")
    await ada.tap("3")
    await ada.tap("For an organisation")
    assert "What is your organisation called?" in ada.last.text


async def test_typed_answers_instead_of_taps(ada: Actor) -> None:
    await ada.say("/start")
    await ada.say("/join")
    await ada.say("1")
    await ada.say("i agree")
    await ada.say("On my own")
    ada.sees("✓ You answered: On my own\n[Change]")
    await ada.say("youth")
    await ada.say("2")
    await ada.say("4")
    await ada.say("soil regeneration (you would be the first)")
    await ada.say("team member")
    await ada.say("1, 2")
    await ada.say("skip")
    assert "Contribution: Knowledge, Network" in ada.last.text
    await ada.say("send the request")
    assert "was sent" in ada.last.text


async def test_an_answered_question_can_be_changed_where_it_stands(ada: Actor) -> None:
    await begin(ada)
    await ada.say("On my own")
    await ada.tap("Change")
    assert "Do you join on your own, or for an organisation?" in ada.last.text


async def test_answers_that_do_not_fit_are_explained_and_then_a_person_is_offered(ada: Actor, tom: Actor) -> None:
    await begin(ada)
    await ada.say("maybe")
    ada.sees("I could not match that to one of the answers.")
    await ada.say("perhaps")
    ada.sees("You can tap a button, type the number in front of an answer, or type its words.")
    await ada.say("who knows")
    await ada.tap("Ask a person")
    ada.sees("I have told the Executive Secretariat that you would like help.")
    tom.sees("Ada Rowan", 'asks for a person\'s help with the form "Join a coalition", at "Joining".')


async def test_cancelling_and_coming_back(ada: Actor) -> None:
    await begin(ada)
    await ada.tap("On my own")
    await ada.say("/cancel")
    assert "your answers so far (3) are kept, and nothing was sent." in ada.one_message().text
    await ada.say("/join")
    assert "You stopped at question 4 of 9. Continue?" in ada.one_message().text
    await ada.tap("Continue")
    assert "youth or of the seniors?" in ada.last.text


async def test_starting_again_forgets_the_answers(ada: Actor) -> None:
    await begin(ada)
    await ada.tap("On my own")
    await ada.say("/cancel")
    await ada.say("/join")
    await ada.tap("Start again")
    assert "Do you join on your own, or for an organisation?" in ada.last.text


async def test_help_language_and_privacy_work_in_the_middle_of_a_form(ada: Actor) -> None:
    await begin(ada)
    await ada.say("/help")
    assert "What I can do" in ada.one_message().text
    await ada.say("/privacy")
    assert "help@example.org" in ada.one_message().text
    await ada.say("/language")
    await ada.tap("Français")
    await ada.tap("Continuer")
    assert "Continuer" not in ada.last.buttons
    await ada.say("1")
    assert "2" in ada.last.text


async def test_an_old_button_is_answered_with_where_things_stand(ada: Actor) -> None:
    await begin(ada)
    await ada.say("/cancel")
    stopped = ada.last
    await ada.tap("Continue", stopped)
    question = ada.last
    await ada.say("maybe")
    again = ada.last
    await ada.tap("On my own", again)
    await ada.tap("For an organisation", question)
    ada.sees("That button belongs to an earlier question. This is where you are now:")
    assert "youth or of the seniors?" in ada.last.text


async def test_a_double_tap_counts_once(ada: Actor) -> None:
    await begin(ada)
    await ada.tap_twice("On my own")
    assert "youth or of the seniors?" in ada.last.text
    assert len([m for m in ada.person.messages() if "youth or of the seniors?" in m.text]) == 1


async def test_sending_twice_makes_one_request(ada: Actor, tom: Actor) -> None:
    await begin(ada)
    await ada.fill(ALONE)
    await ada.fill(REGENERATION)
    await ada.fill(KNOWLEDGE)
    await ada.tap_twice("Send the request")
    assert tom.messages.count("Ada Rowan asks to join") == 1
    assert ada.messages.count("was sent") == 1


async def test_the_same_update_delivered_twice_takes_effect_once(ada: Actor, scene: Stage) -> None:
    await begin(ada)
    scene.world.faults.add("duplicate")
    await ada.say("On my own")
    assert ada.messages.count("youth or of the seniors?") == 1


async def test_erasing_ones_data(ada: Actor) -> None:
    await join_regeneration(ada)
    await ada.say("/privacy")
    await ada.tap("Erase my data")
    await ada.tap("Yes, erase everything")
    ada.sees("I have erased what I knew about you.")
    await ada.say("/coalitions")
    ada.sees("You have not joined anything yet.")
