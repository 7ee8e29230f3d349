"""Options as they are declared: names, variables and sections out of fields."""

from dataclasses import dataclass

from promoter_view.program.command_line.declaring import flag, option, section, sections_of
from promoter_view.program.command_line.settings import OPTIONS, SECTIONS
from promoter_view.program.command_line.values import count


@dataclass(frozen=True, slots=True)
class Kitchen:
    """A section."""

    cup_count: int = option(count, "6", "how many cups")
    open: bool = flag("let everybody in")
    kettle: int | None = option(count, None, "litres of the kettle", name="kettle-size")


@dataclass(frozen=True, slots=True)
class House:
    """All sections."""

    kitchen: Kitchen = section(Kitchen, "The kitchen", prefix="kitchen-")


def test_names_come_from_fields() -> None:
    """A section's prefix and a field make an option's name, unless it has one of its own; the variable follows it."""
    (kitchen,) = sections_of(House)
    assert (kitchen.attribute, kitchen.title, kitchen.kind) == ("kitchen", "The kitchen", Kitchen)
    assert [(each.written, each.environment) for each in kitchen.options] == [
        ("--kitchen-cup-count NUMBER", "PROMOTER_VIEW_KITCHEN_CUP_COUNT"),
        ("--kitchen-open", "PROMOTER_VIEW_KITCHEN_OPEN"),
        ("--kettle-size NUMBER", "PROMOTER_VIEW_KETTLE_SIZE"),
    ]


def test_every_option_has_a_help_line_and_its_own_name() -> None:
    """The table is whole: no name twice, no option without a word of help, no title twice."""
    assert len({option.name for option in OPTIONS}) == len(OPTIONS)
    assert all(option.declared.help for option in OPTIONS)
    assert len({each.title for each in SECTIONS}) == len(SECTIONS)


def test_every_default_is_right() -> None:
    """Whatever counts where nothing is given, in the demo and as a dashboard too, is of its option's notation."""
    for each in OPTIONS:
        declared = each.declared
        for text in (declared.default, declared.in_demo, declared.as_dashboard):
            if text is not None:
                each.parse(text)
