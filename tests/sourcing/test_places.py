"""Places as people write them: every spelling of the hubs, what stays ambiguous, and what is no place."""

import pytest

from sourcing.places import Place, canonical, parse, shipped, together

HUBS = {
    "SF Bay Area": "San Francisco|SF|sf|San Francisco, CA|san francisco, ca|San Francisco, California, USA|SF Bay Area|"
    "Bay Area|Bay Area, CA|Silicon Valley|Palo Alto|Palo Alto, California|Mountain View, CA, USA|Berkeley, CA|San Jose|"
    "San José, California|Sunnyvale|Menlo Park, CA|the bay area|Remote (San Francisco)|旧金山",
    "Seattle": "Seattle|Bellevue / Seattle|Seattle, WA|greater seattle area|"
    "Bellevue, WA|Redmond, Washington|Kirkland, WA|PNW",
    "Austin": "Austin|Austin, TX|ATX|Austin, Texas, United States",
    "New York": "New York|NYC|nyc|New York, NY|New York City|Brooklyn|Brooklyn, NY|Manhattan, New York|纽约",
    "Toronto": "Toronto|Toronto, ON|Toronto, CA|Toronto, Canada|Waterloo|Waterloo, Ontario|GTA|Greater Toronto Area",
    "London": "London|London, UK|London, England|LDN|London, United Kingdom|Londres|Лондон|london 🇬🇧",
    "Singapore": "Singapore|SG|singapore|Singapore, SG|新加坡|Republic of Singapore",
    "Paris": "Paris-Saclay|Paris|Paris, France|Île-de-France|Ile de France|París|Paris area, France",
    "Zurich": "Zürich|Zurich|Zuerich|Zurich, Switzerland|ZÜRICH, CH|Based in Zurich",
    "Berlin": "Berlin|Berlin, Germany|Berlin, DE|Berlin, Deutschland|Kreuzberg, Berlin|ベルリン|Berlin 🇩🇪 (remote)",
    "Munich": "Munich|München|Muenchen|Munich, Bavaria|Garching, Germany",
    "Amsterdam": "Amsterdam|Amsterdam, NL|Amsterdam, The Netherlands|Amsterdam Area",
    "Warsaw": "Warsaw|Warszawa|Warsaw, Poland|Warszawa, Polska",
    "Tel Aviv": "Tel Aviv|Tel-Aviv, Israel|TLV|תל אביב|Tel Aviv-Yafo|Herzliya, Israel",
    "Bengaluru": "Bengaluru|Bangalore|Bangalore, India|Bengaluru, Karnataka, India|BLR|Bengaluru, IN",
    "Hyderabad": "Hyderabad|Hyderabad, India|Hyderabad, Telangana",
    "Beijing": "Beijing|北京|中国 北京|北京市海淀区|Beijing, China|Peking|Beijing, P.R. China",
    "Shanghai": "Shanghai|上海|上海, China|Shanghai, PRC|上海市",
    "Shenzhen": "Shenzhen|深圳|广东深圳|Shenzhen, Guangdong, China",
    "Hangzhou": "Hangzhou|杭州|杭州市西湖区|Hangzhou, Zhejiang, China",
    "Tokyo": "Tokyo|Tokyo, Japan|東京|Tōkyō|Yokohama, Japan|東京都",
    "Seoul": "Seoul|서울|Seoul, South Korea|Seoul, Republic of Korea|Seoul, Korea",
    "Sydney": "Sydney|Sydney, NSW|Sydney, Australia",
    "Boston": "Boston|Boston/Cambridge|Boston, MA|"
    "Cambridge, MA|Cambridge, Massachusetts|Somerville, MA|MIT, Cambridge, MA",
    "Los Angeles": "Los Angeles|LA|Los Angeles, CA|L.A.|Santa Monica, CA|Pasadena, California",
    "Vancouver": "Vancouver|Vancouver, BC|Vancouver, Canada|Burnaby, BC",
    "Sao Paulo": "São Paulo|Sao Paulo|São Paulo, Brasil|Sao Paulo, Brazil",
}
TOLD = [  # text, city, region, country
    ("London, Ontario", "London", "CA-ON", "CA"),
    ("London Ontario", "London", "CA-ON", "CA"),
    ("Cambridge, UK", "Cambridge", "GB-ENG", "GB"),
    ("Atlanta, Georgia", "Atlanta", "US-GA", "US"),
    ("Tbilisi, Georgia", "Tbilisi", None, "GE"),
    ("Springfield, IL", "Springfield", "US-IL", "US"),
    ("Vancouver, WA", "Vancouver", "US-WA", "US"),
    ("Paris, Texas", "Paris", "US-TX", "US"),
    ("San Jose, Costa Rica", "San José", None, "CR"),
    ("Washington, DC", "Washington", "US-DC", "US"),
    ("Portland, OR", "Portland", "US-OR", "US"),
    ("Athens", "Athens", None, "GR"),
    ("Athens, GA", "Athens", "US-GA", "US"),
    ("Nice, France", "Nice", None, "FR"),
    ("Montréal, Québec", "Montréal", "CA-QC", "CA"),
    ("Quebec", None, "CA-QC", "CA"),
    ("Ontario", None, "CA-ON", "CA"),
    ("California", None, "US-CA", "US"),
    ("CA, USA", None, "US-CA", "US"),
    ("Texas", None, "US-TX", "US"),
    ("Scotland", None, "GB-SCT", "GB"),
    ("UK", None, None, "GB"),
    ("usa", None, None, "US"),
    ("us", None, None, "US"),
    ("Remote, US", None, None, "US"),
    ("The Netherlands", None, None, "NL"),
    ("Deutschland", None, None, "DE"),
    ("Türkiye", None, None, "TR"),
    ("中国", None, None, "CN"),
    ("Trinidad and Tobago", None, None, "TT"),
    ("Bosnia and Herzegovina", None, None, "BA"),
    ("Mexico City", "Mexico City", None, "MX"),
    ("Mexico", None, None, "MX"),
    ("Luxembourg", None, None, "LU"),
    ("Hong Kong", "Hong Kong", None, "HK"),
    ("123 Example St, Pittsburgh, PA 15213", "Pittsburgh", "US-PA", "US"),
    ("Born in Paris, living in Oslo", "Oslo", None, "NO"),
    ("from Kyiv, now in Lisbon", "Lisbon", None, "PT"),
    ("Poznań / Remote", "Poznań", None, "PL"),
    ("Perth", "Perth", "AU-WA", "AU"),
    ("Barcelona", "Barcelona", None, "ES"),
    ("Dublin", "Dublin", None, "IE"),
    ("Belo Horizonte, MG", "Belo Horizonte", None, "BR"),
    ("Lebanon, NH", None, "US-NH", "US"),
    ("Example Hills, VA", None, "US-VA", "US"),
    ("Las Vegas", "Las Vegas", "US-NV", "US"),
]  # fmt: skip
AMBIGUOUS = [  # text, one thing it may mean, the country it names all the same
    ("Cambridge", "Cambridge, US-MA", None),
    ("Georgia", "GE", None),
    ("Springfield", "Springfield, US-IL", None),
    ("Springfield, USA", "Springfield, US-MA", "US"),
    ("Washington", "US-WA", None),
    ("CA", "US-CA", None),
    ("DE", "DE", None),
    ("IN", "US-IN", None),
    ("Reading", "Reading, GB-ENG", None),
    ("Nice", "Nice, FR", None),
    ("Berlin / London", "Berlin, DE-BE", None),
    ("Austin → Berlin", "Austin, US-TX", None),
    ("San Francisco & New York", "New York, US-NY", None),
    ("Berlin, Germany / Munich", "Munich, DE-BY", "DE"),
    ("Columbia", "Columbia, US-SC", None),
]
NOWHERE = [
    "", " ", "Earth", "remote", "Remote - Worldwide", "/dev/null", "🌍", "🇩🇪", "127.0.0.1", "localhost", "in", "me",
    "the internet",
    "Europe", "Latin America", "EMEA", "Mars", "Middle-earth", "somewhere over the rainbow", "University of Toronto",
    "南京大学", "Originally from India", "born and raised in Texas", "moving to Berlin",
    "not in London", "open to Zurich",
    "37.77,-122.42", "C:\\Users", "<script>", "undefined", "null", "@home", "UTC+1", "A" * 10_000, "Berlin, " * 2_000,
    "\u202eBerlin" + "x" * 300,
]  # fmt: skip


@pytest.mark.parametrize(
    ("hub", "text"), [(hub, text) for hub, texts in HUBS.items() for text in texts.split("|")]
)
def test_every_spelling_of_a_hub_leads_there(hub: str, text: str) -> None:
    found = parse(text)
    assert (found.hub, found.ambiguous) == (hub, ())
    assert found.country


@pytest.mark.parametrize(("text", "city", "region", "country"), TOLD)
def test_a_place_is_read_as_far_as_it_is_told(text: str, city: str, region: str, country: str) -> None:
    found = parse(text)
    assert (found.city, found.region, found.country, found.ambiguous) == (city, region, country, ())
    assert found.hub is None


@pytest.mark.parametrize(("text", "meaning", "country"), AMBIGUOUS)
def test_what_may_be_several_places_stays_ambiguous(text: str, meaning: str, country: str | None) -> None:
    found = parse(text)
    assert meaning in found.ambiguous
    assert (found.city, found.region, found.country, found.hub) == (None, None, country, None)


@pytest.mark.parametrize("text", NOWHERE, ids=lambda text: ascii(text[:30]))
def test_what_is_no_place_and_where_somebody_comes_from_is_not_read(text: str) -> None:
    assert not parse(text)
    assert parse(text) == Place()


def test_accounts_that_agree_tell_the_narrower_and_others_stay_ambiguous() -> None:
    assert together([parse("Germany"), parse("Berlin"), parse("Mars")]) == parse("Berlin")
    assert together([parse("Cambridge"), parse("Boston")]) == parse("Boston")
    apart = together([parse("Berlin"), parse("Munich")])
    assert (apart.country, apart.city, apart.ambiguous) == ("DE", None, ("Berlin, DE-BE", "Munich, DE-BY"))
    assert not together([])


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("country", "Germany", "de"),
        ("country", "DE", "de"),
        ("country", "uk", "gb"),
        ("region", "California", "us-ca"),
        ("region", "us-ca", "us-ca"),
        ("city", "Bangalore", "bengaluru"),
        ("hub", "NYC", "new york"),
        ("hub", "Silicon Valley", "sf bay area"),
        ("country", "Atlantis", None),
    ],
)
def test_a_word_of_a_query_means_the_value_that_is_stored(field: str, text: str, value: str | None) -> None:
    assert canonical(field, text) == value


def test_the_table_knows_every_country_and_the_hubs_of_the_design() -> None:
    table = shipped()
    assert len(table.countries) >= 245 and sum(code.startswith("US-") for code in table.regions) == 51
    assert set(table.hubs) == set(HUBS)
