"""Simple questions whose answers can be checked, for notebook 13."""

CAPITALS = (
    "France Paris, Germany Berlin, Italy Rome, Spain Madrid, Japan Tokyo, China Beijing, Russia "
    "Moscow, Egypt Cairo, Greece Athens, Portugal Lisbon, Austria Vienna, Poland Warsaw, Ireland "
    "Dublin, Sweden Stockholm, Norway Oslo, Denmark Copenhagen, Finland Helsinki, Hungary "
    "Budapest, "
    "Turkey Ankara, Canada Ottawa, Cuba Havana, Peru Lima, Chile Santiago, Kenya Nairobi, India "
    "Delhi, Thailand Bangkok, Australia Canberra, Iran Tehran, Iraq Baghdad, Belgium Brussels, "
    "Ukraine Kyiv, Switzerland Bern"
)
OPPOSITES = (
    "hot cold, big small, up down, good bad, left right, black white, day night, happy sad, fast "
    "slow, rich poor, old young, early late, hard soft, light dark, high low, open closed, strong "
    "weak, wet dry, full empty, loud quiet, long short, true false, near far, heavy light, thick "
    "thin, first last, love hate, war peace, north south, east west, win lose, push pull"
)


def questions() -> list[tuple[str, str]]:
    """Return 96 questions with a word that the right answer contains: three kinds in turn."""
    capitals = [pair.split() for pair in CAPITALS.split(", ")]
    opposites = [pair.split() for pair in OPPOSITES.split(", ")]
    sums = [(a, b) for a in range(2, 10) for b in (2, 3, 5, 8)]
    kinds = (
        [(f"What is the capital of {land}?", city) for land, city in capitals],
        [(f'What is the opposite of "{word}"?', other) for word, other in opposites],
        [(f"What is {a} + {b}?", str(a + b)) for a, b in sums],
    )
    return [pair for three in zip(*kinds, strict=True) for pair in three]
