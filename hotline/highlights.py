"""本期要点: which of the sections' sentences stand at the very top, and in which order. No number is made here.

A section marks its sentence with say(…, point="<section>"). A section has news if the figure that
NEWS names for it is above zero; a week without any news says that it was quiet.
"""

from collections.abc import Collection

from hotline import blocks
from hotline.blocks import Block
from hotline.figures import Figures
from hotline.sentences import Say

TITLE = "本期要点"
MOST = 5
ALWAYS, QUIET = None, "{this}总体平稳，没有需要提请关注的情况。"
NEWS = {
    "norm": ALWAYS,
    "warning": "warning.count",
    "timeliness": "timeliness.overdue",
    "comparison": "comparison.below",
    "movement": ALWAYS,
    "persistent": "persistent.count",
}
"""Section → the figure that makes its sentence news if it is above zero, in order of weight. ALWAYS: it is said each
week, and makes none of them a restless one."""


def highlights(say: Say, figures: Figures, sections: Collection[str]) -> Block | None:
    """The sentences of the sections that are printed, at most MOST; None where no section marked one."""
    there = [name for name in NEWS if name in say.points and name in sections]
    news = [name for name in there if NEWS[name] and (figures[NEWS[name]].value or 0) > 0]
    # Where nothing is news, the sentences that say so are what there is to say.
    chosen = [name for name in there if NEWS[name] is ALWAYS or name in news or not news][:MOST]
    sentences = [say.points[name] for name in chosen]
    if not sentences:
        return None
    if not news:
        sentences.insert(0, say(QUIET))
    whole = say.listed(sentences[:MOST])
    return blocks.highlights(TITLE, whole.markdown, whole.dumped)
