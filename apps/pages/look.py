"""How the suite looks: theme, style sheet and script, all local.

Contract: `theme()` makes a Gradio theme of system fonts only, so that no font is fetched from anywhere;
`STYLE` and `SCRIPT` are files beside this one, handed to ``launch()``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

STATIC = Path(__file__).with_name("static")
STYLE = STATIC / "homespun.css"
SCRIPT = STATIC / "homespun.js"

SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Noto Sans", "DejaVu Sans", "sans-serif")
MONO = ("ui-monospace", "SF Mono", "Cascadia Code", "Noto Sans Mono", "DejaVu Sans Mono", "monospace")


def theme() -> Any:
    """Returns the theme: warm paper and ink, one muted green."""
    import gradio as gr
    from gradio.themes.utils.fonts import Font

    wool = gr.themes.Color(
        name="wool",
        c50="#fbf9f5", c100="#f4f0e8", c200="#e8e2d6", c300="#d5ccbb", c400="#ada290",
        c500="#857b6b", c600="#665d50", c700="#4b443a", c800="#302b25", c900="#221f1b", c950="#191714",
    )  # fmt: skip
    moss = gr.themes.Color(
        name="moss",
        c50="#f1f6f1", c100="#dfebe0", c200="#c0d8c3", c300="#97bd9d", c400="#6c9e75",
        c500="#4b8056", c600="#396745", c700="#2f5339", c800="#28432f", c900="#223829", c950="#101f16",
    )  # fmt: skip
    made = gr.themes.Base(
        primary_hue=moss,
        secondary_hue=moss,
        neutral_hue=wool,
        radius_size=gr.themes.sizes.radius_lg,
        text_size=gr.themes.sizes.text_md,
        font=[Font(name) for name in SANS],
        font_mono=[Font(name) for name in MONO],
    )
    return made.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        background_fill_primary="white",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_100",
        background_fill_secondary_dark="*neutral_900",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_300",
        block_title_text_weight="500",
        block_title_text_size="*text_sm",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_800",
        input_background_fill="white",
        input_background_fill_dark="*neutral_800",
        input_border_color="*neutral_200",
        input_border_color_dark="*neutral_700",
        input_border_color_focus="*primary_400",
        input_border_color_focus_dark="*primary_500",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        button_secondary_background_fill="transparent",
        button_secondary_background_fill_dark="transparent",
        button_secondary_background_fill_hover="*neutral_200",
        button_secondary_background_fill_hover_dark="*neutral_800",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="*neutral_700",
        button_secondary_text_color="*neutral_800",
        button_secondary_text_color_dark="*neutral_200",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        slider_color="*primary_500",
        slider_color_dark="*primary_500",
        color_accent_soft="*primary_50",
        color_accent_soft_dark="*primary_900",
    )
