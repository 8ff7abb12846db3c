"""Generated examples of tool calling: many made-up tools, asked for in many ways, every value's place known.

Tools, the ways to ask for them and the words that fill both are data (`domains/`, `lists/`); the code only
draws. No two examples of a run need to be alike: names, descriptions, types, values and turns all vary.
"""

from finetune.data.calls.generated.generator import generated

__all__ = ["generated"]
