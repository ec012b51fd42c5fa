"""States and provinces where an address is not complete without one; ISO 3166-2 codes.

The code is what is stored and what tax rates by region are written with: "CA", not "California".
"""


def _read(text: str) -> dict[str, str]:
    """Read "CA=California, …" as code → name."""
    entries = (entry.partition("=") for entry in text.split(", "))
    return {code: name for code, _, name in entries}


US = _read(
    "AL=Alabama, AK=Alaska, AZ=Arizona, AR=Arkansas, CA=California, CO=Colorado, "
    "CT=Connecticut, DE=Delaware, DC=District of Columbia, FL=Florida, GA=Georgia, "
    "HI=Hawaii, ID=Idaho, IL=Illinois, IN=Indiana, IA=Iowa, KS=Kansas, KY=Kentucky, "
    "LA=Louisiana, ME=Maine, MD=Maryland, MA=Massachusetts, MI=Michigan, MN=Minnesota, "
    "MS=Mississippi, MO=Missouri, MT=Montana, NE=Nebraska, NV=Nevada, NH=New Hampshire, "
    "NJ=New Jersey, NM=New Mexico, NY=New York, NC=North Carolina, ND=North Dakota, OH=Ohio, "
    "OK=Oklahoma, OR=Oregon, PA=Pennsylvania, RI=Rhode Island, SC=South Carolina, "
    "SD=South Dakota, TN=Tennessee, TX=Texas, UT=Utah, VT=Vermont, VA=Virginia, "
    "WA=Washington, WV=West Virginia, WI=Wisconsin, WY=Wyoming, PR=Puerto Rico"
)
CANADA = _read(
    "AB=Alberta, BC=British Columbia, MB=Manitoba, NB=New Brunswick, "
    "NL=Newfoundland and Labrador, NT=Northwest Territories, NS=Nova Scotia, NU=Nunavut, "
    "ON=Ontario, PE=Prince Edward Island, QC=Quebec, SK=Saskatchewan, YT=Yukon"
)
AUSTRALIA = _read(
    "ACT=Australian Capital Territory, NSW=New South Wales, NT=Northern Territory, "
    "QLD=Queensland, SA=South Australia, TAS=Tasmania, VIC=Victoria, WA=Western Australia"
)
