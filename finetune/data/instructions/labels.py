"""Readable labels of public data's intents, tools and services, and the topics that they belong to."""

from __future__ import annotations

import re

TOPICS = {
    "banking": (
        "account_blocked balance bill_balance bill_due freeze_account interest_rate min_payment "
        "order_checks pay_bill pin_change routing spending_history transactions transfer report_fraud"
    ),
    "credit cards": (
        "apr application_status card_declined credit_limit credit_limit_change credit_score damaged_card "
        "expiration_date improve_credit_score new_card redeem_rewards replacement_card_duration "
        "report_lost_card rewards_balance international_fees"
    ),
    "food and cooking": (
        "accept_reservations calories cancel_reservation confirm_reservation cook_time food_last how_busy "
        "ingredient_substitution ingredients_list meal_suggestion nutrition_info recipe "
        "restaurant_reservation restaurant_reviews restaurant_suggestion"
    ),
    "cars and driving": (
        "gas gas_type jump_start last_maintenance mpg oil_change_how oil_change_when schedule_maintenance "
        "tire_change tire_pressure traffic"
    ),
    "travel": (
        "book_flight book_hotel carry_on exchange_rate flight_status international_visa lost_luggage "
        "plug_type travel_alert travel_notification travel_suggestion vaccines"
    ),
    "work": (
        "direct_deposit income insurance insurance_change meeting_schedule payday pto_balance pto_request "
        "pto_request_status pto_used rollover_401k schedule_meeting taxes w2"
    ),
    "small talk": (
        "are_you_a_bot do_you_have_pets fun_fact goodbye greeting how_old_are_you meaning_of_life "
        "tell_joke thank_you what_are_your_hobbies what_can_i_ask_you what_is_your_name "
        "where_are_you_from who_do_you_work_for who_made_you"
    ),
    "device settings": (
        "change_accent change_ai_name change_language change_speed change_user_name change_volume "
        "reset_settings sync_device user_name whisper_mode"
    ),
    "lists and calendar": (
        "calendar calendar_update reminder reminder_update shopping_list shopping_list_update todo_list "
        "todo_list_update next_holiday"
    ),
    "music": ("next_song play_music update_playlist what_song"),
}
"""Topic → the intents of CLINC150 that belong to it; intents of no clear topic are left out."""

_INTENTS = {
    "apr": "card interest", "mpg": "fuel economy", "w2": "tax form", "pto_balance": "days off left",
    "pto_request": "request days off", "pto_request_status": "days off approved",
    "pto_used": "days off taken",
    "rollover_401k": "pension rollover", "uber": "order a ride", "routing": "routing number",
    "oil_change_how": "how to change oil", "oil_change_when": "when to change oil",
    "what_song": "name this song",
    "gas": "fuel level", "gas_type": "type of fuel", "food_last": "how long food keeps",
    "pin_change": "change pin",
    "order": "shopping order", "text": "send a text", "who_made_you": "who made the assistant",
    "where_are_you_from": "where the assistant is from", "are_you_a_bot": "bot or person",
    "how_old_are_you": "age of the assistant", "user_name": "name of the user", "schedule_maintenance":
    "book car service", "last_maintenance": "last car service", "find_phone": "find my phone",
    "carry_on": "carry-on rules", "plug_type": "plug type", "min_payment": "minimum payment",
    "international_visa": "visa", "what_is_your_name": "name of the assistant",
    "next_holiday": "next holiday",
}  # fmt: skip
# Answers to the assistant and words that every request could be filed under.
_NO_INTENTS = frozenset(("oos", "yes", "no", "maybe", "cancel", "repeat"))

TOOLS = {
    "FinanceTool": "stocks and finance", "ProductSearch": "product search", "JobTool": "jobs",
    "TripTool": "hotels and bookings", "NewsTool": "news", "ResearchFinder": "academic papers",
    "CourseTool": "courses", "WeatherTool": "weather", "RepoTool": "code projects", "MusicTool": "music",
    "HousePurchasingTool": "buying a house", "SEOTool": "search ranking",
    "HouseRentingTool": "renting a home",
    "ChartTool": "charts", "VideoSummarizeTool": "video summaries", "WebsiteTool": "making websites",
    "URLTool": "web domains", "LawTool": "law", "ExchangeTool": "currency exchange", "BookTool": "books",
    "PodcastTool": "podcasts", "GiftTool": "gifts", "MapTool": "maps", "DietTool": "food and diet",
    "CompanyInfoTool": "company facts", "Discount": "discounts", "CharityTool": "charity",
    "EarthquakeTool": "earthquakes", "StrologyTool": "astrology",
    "RestaurantBookingTool": "restaurant tables",
    "NotesTool": "reminders and notes", "GameTool": "games", "MemeTool": "memes", "ResumeTool": "CVs",
    "NASATool": "space", "MediaModifyTool": "picture editing", "PolishTool": "better wording",
    "Review": "product reviews",
}  # fmt: skip
"""MetaTool's tools that are read from their queries → what they're for."""

SERVICES = {
    "Banks": "banking", "Buses": "bus tickets", "Calendar": "calendar", "Events": "event tickets",
    "Flights": "flights", "Homes": "flats to rent", "Hotels": "places to stay", "Media": "films to stream",
    "Movies": "cinema", "Music": "music", "RentalCars": "rental cars", "Restaurants": "restaurants",
    "RideSharing": "taxi rides", "Services": "appointments", "Travel": "sights", "Weather": "weather",
}  # fmt: skip
"""The services of Schema-Guided Dialogue, without their numbers → what they're for."""

KIN = (
    {"flights", "bus tickets", "places to stay", "sights", "flats to rent", "rental cars", "taxi rides"},
    {"films to stream", "cinema", "event tickets", "music"},
    {"calendar", "appointments", "event tickets", "restaurants"},
    {"product search", "discounts", "gifts", "product reviews", "books"},
    {"hotels and bookings", "maps", "restaurant tables", "food and diet", "discounts"},
    {"making websites", "web domains", "search ranking", "code projects", "charts"},
    {
        "news",
        "stocks and finance",
        "company facts",
        "currency exchange",
        "podcasts",
        "video summaries",
        "law",
    },
    {"jobs", "CVs", "courses", "better wording"},
    {"buying a house", "renting a home"},
    {"academic papers", "courses", "books", "news", "code projects"},
    {"space", "astrology", "earthquakes", "weather", "maps"},
    {"music", "podcasts", "games", "memes", "picture editing", "video summaries"},
)
"""Labels of one set that a request may fall under together: none is offered beside the right one."""


def intent_label(intent: str) -> str | None:
    """A readable label of an intent of CLINC150; None for what is no request."""
    return None if intent in _NO_INTENTS else _INTENTS.get(intent, intent.replace("_", " "))


def unlike(label: str, other: str) -> bool:
    """Whether two labels can stand side by side, as no request falls under both."""
    if any(label in kin and other in kin for kin in KIN):
        return False
    words = [set(re.findall(r"[a-z]{4,}", one.lower())) for one in (label, other)]
    return label != other and not words[0] & words[1]
