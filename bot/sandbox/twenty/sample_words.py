"""The words that sample records are made of."""

# (name, domain, city, country, employees, annual revenue in thousands)
COMPANIES = (
    ("Northwind Traders", "northwind.example", "Seattle", "United States", 340, 52_000),
    ("Fabrikam", "fabrikam.example", "Berlin", "Germany", 120, 18_500),
    ("Contoso", "contoso.example", "London", "United Kingdom", 2400, 610_000),
    ("Tailspin Toys", "tailspintoys.example", "Austin", "United States", 85, 9_200),
    ("Wide World Importers", "wideworld.example", "Rotterdam", "Netherlands", 610, 140_000),
    ("Proseware", "proseware.example", "Dublin", "Ireland", 44, 5_100),
    ("Litware", "litware.example", "Toronto", "Canada", 230, 31_000),
    ("Adatum", "adatum.example", "Paris", "France", 1500, 275_000),
    ("Blue Yonder Airlines", "blueyonder.example", "Madrid", "Spain", 5200, 1_900_000),
    ("City Power & Light", "citypower.example", "Chicago", "United States", 3100, 880_000),
    ("Coho Winery", "cohowinery.example", "Porto", "Portugal", 37, 4_400),
    ("Graphic Design Institute", "gdi.example", "Milan", "Italy", 62, 3_900),
    ("Humongous Insurance", "humongous.example", "Zurich", "Switzerland", 8800, 4_200_000),
    ("Lucerne Publishing", "lucerne.example", "Lucerne", "Switzerland", 140, 22_000),
    ("Margie's Travel", "margiestravel.example", "Sydney", "Australia", 51, 7_700),
    ("Munson's Pickles", "munsons.example", "Portland", "United States", 19, 2_100),
    ("Relecloud", "relecloud.example", "Warsaw", "Poland", 410, 48_000),
    ("School of Fine Art", "fineart.example", "Paris", "France", 95, 6_000),
    ("Southridge Video", "southridge.example", "Los Angeles", "United States", 28, 3_300),
    ("Trey Research", "treyresearch.example", "Lagos", "Nigeria", 175, 26_000),
    ("VanArsdel", "vanarsdel.example", "Vienna", "Austria", 720, 95_000),
    ("Wingtip Toys", "wingtip.example", "Osaka", "Japan", 260, 41_000),
    ("Woodgrove Bank", "woodgrove.example", "New York", "United States", 9900, 6_700_000),
    ("Alpine Ski House", "alpineski.example", "Innsbruck", "Austria", 73, 8_800),
    ("Bellows College", "bellows.example", "Boston", "United States", 640, 71_000),
    ("Best For You Organics", "bestforyou.example", "Copenhagen", "Denmark", 33, 4_900),
    ("Datum Logistics", "datumlogistics.example", "Hamburg", "Germany", 880, 120_000),
    ("First Up Consultants", "firstup.example", "Manchester", "United Kingdom", 58, 12_400),
)

AWKWARD = (
    "O'Brien & Sons",
    '5" disk',
    "a]b",
    "smile :)",
    ")(",
    "100% Pure",
    "under_score",
    "back\\slash",
    "Acme, Inc",
    "<!channel>",
    "Rocket \N{ROCKET} Labs",
    "The Very Long Name Company " + "of Many Words " * 20,
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
)

FIRST = (
    *(
        "Ada",
        "Grace",
        "Alan",
        "Linus",
        "Margaret",
        "Katherine",
        "Dennis",
        "Barbara",
        "Edsger",
        "Radia",
        "Ken",
        "Frances",
    ),
    *("Tim", "Hedy", "Donald", "Jean", "Vint", "Annie", "John", "Sophie", "Niklaus", "Lynn", "Elsa", "Mary"),
    *("Kwame", "Yuki", "Priya", "Mateo", "Fatima", "Chen", "Olga", "Luca"),
)
LAST = (
    *("Lovelace", "Hopper", "Turing", "Hamilton", "Johnson", "Ritchie", "Liskov", "Perlman", "Thompson", "Allen"),
    *("Lamarr", "Knuth", "Bartik", "Easley", "Wilson", "Wirth", "Conway", "Shannon", "Jackson", "Mensah", "Tanaka"),
    *("Sharma", "Garcia", "Al-Sayed", "Wei", "Petrova", "Rossi", "O'Neill", "Novak"),
)
JOBS = ("CEO", "CTO", "Head of Sales", "Buyer", "Operations Manager", "Engineer", "Office Manager", "CFO", "Founder")
DEALS = ("pilot", "renewal", "expansion", "annual licence", "rollout", "support plan", "migration")
NOTES = (
    ("Intro call", "Friendly first call. They compare **three** vendors and decide before the end of the quarter."),
    (
        "Demo feedback",
        "Liked the reports, missed single sign-on.\n\n- send the security paper\n- second demo in two weeks",
    ),
    ("Pricing talk", "Budget is fixed; a two-year term would help them."),
    ("Visit on site", "Met the whole team. The warehouse is the real buyer."),
    ("Legal review", "Their lawyers want our DPA and `EU` hosting in writing."),
)
TASKS = (
    "Send the proposal",
    "Call back about the contract",
    "Prepare the demo",
    "Ask for references",
    "Check the invoice",
    "Book a meeting room",
)
