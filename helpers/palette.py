"""The course's colours by name, on white and on black: figures and live views read them here."""

# Okabe & Ito's palette, with Tol's red: told apart by colour-blind readers and on a poor projector.
LIGHT = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "pink": "#CC79A7",
    "sky": "#56B4E9",
    "red": "#CC3311",
    "ink": "#222222",
    "grey": "#8A8A8A",
    "silver": "#BDBDBD",
    "pale": "#E8E8E8",
}
DARK = {
    **LIGHT,
    "blue": "#5BB4EC",
    "orange": "#F0B541",
    "green": "#3CCB9F",
    "pink": "#E5A3C8",
    "sky": "#8FCFF5",
    "red": "#FF7F66",
    "ink": "#E6E6E6",
    "grey": "#A3A3A3",
    "silver": "#6E6E6E",
    "pale": "#3A3A3A",
}

# Colour maps as stops at equal distances: matplotlib's cividis for weights and probabilities in
# [0, 1], its RdBu_r for values around zero. A test compares them.
HEAT = [
    *("#00224e", "#083370", "#35456c", "#4f576c", "#666970", "#7d7c78"),
    *("#948e77", "#aea371", "#c8b866", "#e5cf52", "#fee838"),
]
SIGNED = [
    *("#053061", "#2065ab", "#4393c3", "#90c4dd", "#d1e5f0", "#f7f6f6"),
    *("#fddbc7", "#f3a481", "#d6604d", "#b1182b", "#67001f"),
]
