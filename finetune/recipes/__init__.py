"""Recipes: ways from data to a model that can be used, each one command.

A row names a `Recipe`; `homespun train <name>` runs it. Listing imports none of them.
"""

from finetune.recipes.recipe import Recipe
from homespun.names import Table

RECIPES: Table[Recipe] = Table(
    "recipe",
    {
        "home-nano": "finetune.recipes.home_nano:RECIPE",
        "home-base": "finetune.recipes.home_base:RECIPE",
        "home-large": "finetune.recipes.home_large:RECIPE",
        "home-chat": "finetune.recipes.home_chat:RECIPE",
        "chat-lora": "finetune.recipes.chat_lora:RECIPE",
        "read": "finetune.recipes.read:RECIPE",
        "told": "finetune.recipes.told:RECIPE",
        "intent": "finetune.recipes.intent:RECIPE",
        "fill": "finetune.recipes.fill:RECIPE",
        "choose": "finetune.recipes.choose:RECIPE",
    },
)
