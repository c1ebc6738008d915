"""The emoji that people here use, by Slack's names; any other name stays `:name:`, as Slack shows unknown ones."""

EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "arrow_right": "➡️",
    "bell": "🔔",
    "blue_heart": "💙",
    "book": "📖",
    "bulb": "💡",
    "busts_in_silhouette": "👥",
    "calendar": "📅",
    "chart_with_upwards_trend": "📈",
    "clipboard": "📋",
    "eyes": "👀",
    "fire": "🔥",
    "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳",
    "house": "🏠",
    "lock": "🔒",
    "mag": "🔍",
    "memo": "📝",
    "moneybag": "💰",
    "no_entry": "⛔",
    "office": "🏢",
    "ok_hand": "👌",
    "package": "📦",
    "pencil2": "✏️",
    "phone": "☎️",
    "point_right": "👉",
    "pray": "🙏",
    "question": "❓",
    "raised_hands": "🙌",
    "recycle": "♻️",
    "rocket": "🚀",
    "smile": "😄",
    "tada": "🎉",
    "thumbsup": "👍",
    "warning": "⚠️",
    "wastebasket": "🗑️",
    "wave": "👋",
    "white_check_mark": "✅",
    "x": "❌",
}


def emoji(name: str, code: str = "") -> str:
    """The character of an emoji; `code` is what rich text sends along, such as `1f64f`."""
    try:
        return "".join(chr(int(point, 16)) for point in code.split("-")) if code else EMOJI.get(name, f":{name}:")
    except (ValueError, OverflowError):
        return f":{name}:"
