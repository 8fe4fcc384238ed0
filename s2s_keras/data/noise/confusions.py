"""Words that people write for one another: each is a word, and only the context tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["ENGLISH", "confusion_sets"]

_ENGLISH = """
accept/except
access/excess
advice/advise
affect/effect
aisle/isle
allowed/aloud
alter/altar
an/and
angel/angle
are/our/hour
as/has
assistance/assistants
ate/eight
bare/bear
be/bee/by
beach/beech
beat/beet
been/being/bean
berry/bury
beside/besides
board/bored
born/borne
brake/break
bread/breed/bred
breath/breathe
buy/by/bye
can/can't
capital/capitol
cell/sell
cereal/serial
chose/choose
cite/site/sight
close/clothes/cloths
coarse/course
collage/college
coma/comma
complement/compliment
costume/custom
could/cloud
council/counsel
country/county
crew/crow
dairy/diary
dear/deer
dessert/desert
device/devise
die/dye
dose/does
envelop/envelope
ever/every
everyday/every day
fair/fare
farther/further
feel/fell/fill
few/view
find/fined
flour/flower
for/four/fore
form/from
forth/fourth
good/god
groan/grown
guessed/guest
hair/heir
hear/here
heard/herd
high/hi
him/hem
his/is
hole/whole
hope/hop
I'll/ill
idle/idol
in/on
into/in to
it/is/if
its/it's
knew/new
know/now/no
knows/nose
later/latter
lead/led
leave/live
lessen/lesson
let's/lets
lie/lay
live/life
loan/lone
loose/lose
mad/made/maid
mail/male
main/mine
maybe/may be
meat/meet
medal/metal
men/man
moral/morale
more/moor
most/must
new/news
none/non
not/note
of/off
one/won
or/ore/our
order/other
passed/past
patience/patients
peace/piece
person/personal
personal/personnel
place/plays
plain/plane
pleas/please
poor/pour/pore
pray/prey
precede/proceed
presence/presents
principal/principle
profit/prophet
quiet/quite/quit
rain/reign
raise/rise
read/red
real/reel
right/write/rite
road/rode
role/roll
root/route
sail/sale
same/some
saw/so/sow
scene/seen
see/sea
seem/seam
seen/sin
send/sent/scent
shore/sure
short/shirt
should/shout
sit/set
sleep/slip
some/sum
son/sun
soul/sole
stair/stare
stake/steak
stationary/stationery
steal/steel
storey/story
strait/straight
suit/suite
tail/tale
taught/thought
tell/till
than/then
that/the
the/they
their/there/they're
them/then
there/three
these/this
they/them
things/thinks
think/thing
thorough/through
though/through/tough/thought
threw/through
throne/thrown
to/too/two
treat/threat
vary/very
wait/weight
waist/waste
wander/wonder
want/went
war/wear
was/saw
wear/were/where
weak/week
weather/whether
well/will
went/when
were/we're
where/were
which/witch
while/wile
who/how
who's/whose
with/which
woman/women
won't/want
wood/would
word/world
work/walk
worse/worst
yoke/yolk
you/your
your/you're
"""

ENGLISH: tuple[tuple[str, ...], ...] = tuple(
    tuple(line.split("/")) for line in _ENGLISH.strip().splitlines()
)
"""English words that sound alike, that learners take for one another, or that a slip turns into
one another."""


def confusion_sets(groups: Iterable[Sequence[str]] = ENGLISH) -> dict[str, tuple[str, ...]]:
    """Returns for each word the others that are written for it.

    Args:
        groups: words that are taken for one another; a word may stand in several.
    """
    found: dict[str, dict[str, None]] = {}
    for group in groups:
        for word in group:
            others = found.setdefault(word, {})
            others.update(dict.fromkeys(other for other in group if other != word))
    return {word: tuple(others) for word, others in found.items()}
