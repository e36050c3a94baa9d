"""Words the demo data is made of: countries with the names people and companies bear there, in their own scripts."""

# ruff: noqa: RUF001 - letters that look like Latin ones are what these words are for

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A country of the demo. Names are "native:latin" or, where both are the same, just the name."""

    name: str
    weight: float  #: share of customers
    utc_offset_h: int
    currency: str
    cities: tuple[str, ...]
    given: str
    family: str
    stems: tuple[str, ...]  #: what companies are called
    forms: tuple[str, ...]  #: how a company's name is built, `{}` being the stem
    family_first: bool = False
    separator: str = " "


COUNTRIES: tuple[Country, ...] = (
    Country(
        name="Germany", weight=15, utc_offset_h=1, currency="EUR",
        cities=("Berlin", "Hamburg", "München", "Köln", "Düsseldorf"),
        given="Anna Lukas Jürgen:juergen Käthe:kaethe Sören:soeren Marie Felix Björn:bjoern Jörg:joerg Lena",
        family="Müller:mueller Schmidt Weiß:weiss Krüger:krueger Vogel Schäfer:schaefer Groß:gross Hartmann Böhm:boehm",
        stems=("Nordlicht", "Grünwald", "Möbelhaus Schäfer", "Brückner", "Überland", "Alpenblick",
               "Föhrenwerk", "Elbtor", "Lindenhof", "Sternbräu"),
        forms=("{} GmbH", "{} & Söhne KG", "{} AG"),
    ),
    Country(
        name="United States", weight=17, utc_offset_h=-5, currency="USD",
        cities=("New York", "Chicago", "Boston", "Austin", "San José"),
        given="James Olivia Liam Emma Noah Ava Zoë:zoe Ethan Renée:renee Jackson",
        family="Smith Johnson O'Neill:oneill Garcia Miller Davis Nguyen Lee Walker Hernández:hernandez",
        stems=("Blue Harbor", "Maple & Main", "Summit Ridge", "Copper Kettle", "Old Mill", "Lakeside",
               "Granite Peak", "Prairie Oak", "Ninth Street", "Bright Cove", "Red Barn"),
        forms=("{} Inc.", "{}, LLC", "{} Trading Co."),
    ),
    Country(
        name="France", weight=11, utc_offset_h=1, currency="EUR",
        cities=("Paris", "Lyon", "Besançon", "Nîmes", "Saint-Étienne"),
        given="Chloé:chloe Léa:lea François:francois Hélène:helene Jules Noémie:noemie Aurélien:aurelien Inès:ines",
        family="Lefèvre:lefevre Durand Moreau Béranger:beranger D'Amboise:damboise Gauthier Noël:noel",
        stems=("Atelier Bleu", "Maison Géraud", "Café Zoë", "L'Étoile", "Forêt & Mer",
               "Les Deux Rives", "Pâtisserie Noël"),
        forms=("{} SARL", "Groupe {}", "{} et Fils"),
    ),
    Country(
        name="United Kingdom", weight=10, utc_offset_h=0, currency="GBP",
        cities=("London", "Leeds", "Bristol", "Glasgow", "Cardiff"),
        given="Oliver Amelia George Isla Siân:sian Harry Freya Rhys Niamh Alfie",
        family="Jones Taylor O'Connor:oconnor Evans Wright Hughes MacLeod:macleod Bell Khan",
        stems=("Thistle & Crown", "Kingsbridge", "Harrow", "Wren", "Seven Dials", "Fenwick", "Oak & Ivy"),
        forms=("{} Ltd", "{} & Co.", "{} Holdings plc"),
    ),
    Country(
        name="Spain", weight=7, utc_offset_h=1, currency="EUR",
        cities=("Madrid", "Sevilla", "Málaga", "A Coruña", "Cádiz"),
        given="Lucía:lucia José:jose Iñaki:inaki María:maria Andrés:andres Sofía:sofia Núria:nuria Álvaro:alvaro",
        family="García:garcia Muñoz:munoz Fernández:fernandez Ibáñez:ibanez Núñez:nunez Ruiz Gómez:gomez",
        stems=("Peñalara", "Dos Olivos", "Montaña Azul", "El Niño", "Almazén", "Sol y Sombra"),
        forms=("{} S.L.", "{} e Hijos", "{} S.A."),
    ),
    Country(
        name="Italy", weight=6, utc_offset_h=1, currency="EUR",
        cities=("Milano", "Roma", "Torino", "Bologna", "Forlì"),
        given="Giulia Marco Niccolò:niccolo Chiara Matteo Sofia Lorenzo Francesca",
        family="Rossi Bianchi D'Angelo:dangelo Ferrari Nicolò:nicolo Colombo Conti",
        stems=("Bella Città", "Officine Conti", "Lago Blu", "Caffè Perla", "Torre Alta"),
        forms=("{} S.r.l.", "{} S.p.A.", "Fratelli {}"),
    ),
    Country(
        name="Netherlands", weight=5, utc_offset_h=1, currency="EUR",
        cities=("Amsterdam", "Rotterdam", "Utrecht", "Eindhoven"),
        given="Daan Sanne Joël:joel Noor Bram Loïs:lois Sem Fleur",
        family="Jansen Bakker Visser Smit Mulder Bos Meijer",
        stems=("Zeeland", "De Gouden Ster", "Hollandsch Huis", "IJsselmeer", "Tulpenveld"),
        forms=("{} B.V.", "{} N.V.", "{} Groep"),
    ),
    Country(
        name="Poland", weight=4, utc_offset_h=1, currency="EUR",
        cities=("Warszawa", "Kraków", "Łódź", "Wrocław", "Gdańsk"),
        given="Zofia Jakub Małgorzata:malgorzata Łukasz:lukasz Hanna Paweł:pawel Agnieszka Michał:michal",
        family="Nowak Wójcik:wojcik Kowalczyk Mazur Krawczyk Dudek Wróbel:wrobel",
        stems=("Złoty Róg", "Bałtyk", "Świt", "Żubr", "Biały Dąb"),
        forms=("{} sp. z o.o.", "{} S.A.", "Grupa {}"),
    ),
    Country(
        name="Sweden", weight=3, utc_offset_h=1, currency="EUR",
        cities=("Stockholm", "Göteborg", "Malmö", "Umeå"),
        given="Åsa:asa Elin Göran:goran Maja Linnéa:linnea Oskar Håkan:hakan",
        family="Andersson Lindström:lindstrom Åkesson:akesson Öberg:oberg Nyström:nystrom Berg",
        stems=("Nordsjö", "Björkö", "Ängsholm", "Fjällräv"),
        forms=("{} AB", "{} & Döttrar AB", "{} Handel"),
    ),
    Country(
        name="Turkey", weight=3, utc_offset_h=3, currency="EUR",
        cities=("İstanbul", "İzmir", "Ankara", "Eskişehir"),
        given="Ayşe:ayse Mehmet Gülşah:gulsah Çağla:cagla Emre Işıl:isil Özgür:ozgur",
        family="Yılmaz:yilmaz Şahin:sahin Çelik:celik Öztürk:ozturk Doğan:dogan Kaya",
        stems=("Boğaziçi", "Güneş", "Yıldız", "Çınar"),
        forms=("{} A.Ş.", "{} Ltd. Şti.", "{} Ticaret"),
    ),
    Country(
        name="Greece", weight=3, utc_offset_h=2, currency="EUR",
        cities=("Αθήνα", "Θεσσαλονίκη", "Πάτρα"),
        given="Ελένη:eleni Νίκος:nikos Κατερίνα:katerina Γιώργος:giorgos Σοφία:sofia Δημήτρης:dimitris",
        family="Νικολάου:nikolaou Γεωργίου:georgiou Βασιλείου:vasileiou Οικονόμου:oikonomou Ιωάννου:ioannou",
        stems=("Αιγαίο", "Ήλιος", "Ωκεανός", "Άνεμος"),
        forms=("{} Α.Ε.", "{} Ε.Π.Ε.", "Όμιλος {}"),
    ),
    Country(
        name="Ukraine", weight=3, utc_offset_h=2, currency="EUR",
        cities=("Київ", "Львів", "Одеса", "Харків"),
        given="Олена:olena Тарас:taras Юлія:yuliia Андрій:andrii Іванна:ivanna Ганна:hanna Сергій:serhii",
        family="Шевченко:shevchenko Коваленко:kovalenko Петренко:petrenko Ткаченко:tkachenko Мельник:melnyk",
        stems=("Світанок", "Дніпро", "Карпати", "Калина"),
        forms=("ТОВ «{}»", "{} Груп", "ПП «{}»"),
    ),
    Country(
        name="Japan", weight=5, utc_offset_h=9, currency="USD",
        cities=("東京", "大阪", "京都", "札幌"),
        given="陽菜:hina 健太:kenta さくら:sakura 翔:sho 美咲:misaki 大輔:daisuke ユイ:yui",
        family="佐藤:sato 鈴木:suzuki 高橋:takahashi 田中:tanaka 渡辺:watanabe 伊藤:ito",
        stems=("富士見", "あさひ", "サクラ", "北斗", "みらい", "ヤマト"),
        forms=("株式会社{}", "{}商事", "{}工業株式会社"),
        family_first=True, separator=" ",
    ),
    Country(
        name="China", weight=4, utc_offset_h=8, currency="USD",
        cities=("北京", "上海", "深圳", "成都"),
        given="伟:wei 芳:fang 秀英:xiuying 敏:min 静:jing 磊:lei 洋:yang",
        family="王:wang 李:li 张:zhang 刘:liu 陈:chen 欧阳:ouyang",
        stems=("东方", "长江", "华星", "金龙", "天海"),
        forms=("{}有限公司", "{}集团", "{}科技有限公司"),
        family_first=True, separator="",
    ),
    Country(
        name="South Korea", weight=3, utc_offset_h=9, currency="USD",
        cities=("서울", "부산", "인천"),
        given="서연:seoyeon 민준:minjun 지우:jiwoo 하은:haeun 도윤:doyun",
        family="김:kim 이:lee 박:park 최:choi 정:jung",
        stems=("한빛", "새벽", "미래", "하늘"),
        forms=("주식회사 {}", "{}상사", "{}그룹"),
        family_first=True, separator="",
    ),
    Country(
        name="Israel", weight=2, utc_offset_h=2, currency="USD",
        cities=("תל אביב", "ירושלים", "חיפה"),
        given="נועה:noa דניאל:daniel תמר:tamar יוסף:yosef מאיה:maya",
        family="כהן:cohen לוי:levi מזרחי:mizrahi פרץ:peretz ביטון:biton",
        stems=("כרמל", "גליל", "אופק", "ארז"),
        forms=("{} בע״מ", "קבוצת {}", "{} ובניו"),
    ),
    Country(
        name="United Arab Emirates", weight=3, utc_offset_h=4, currency="USD",
        cities=("دبي", "أبوظبي", "الشارقة"),
        given="فاطمة:fatima محمد:mohammed ليلى:layla أحمد:ahmed نور:nour يوسف:yousef",
        family="الهاشمي:alhashimi المنصوري:almansoori النعيمي:alnuaimi حداد:haddad خوري:khoury",
        stems=("الواحة", "النخيل", "الصحراء", "الهلال"),
        forms=("شركة {}", "مجموعة {}", "{} للتجارة"),
    ),
    Country(
        name="Brazil", weight=4, utc_offset_h=-3, currency="USD",
        cities=("São Paulo", "Belém", "Brasília", "Florianópolis"),
        given="João:joao Conceição:conceicao Antônio:antonio Letícia:leticia Caio Júlia:julia",
        family="Silva Gonçalves:goncalves Araújo:araujo Assunção:assuncao Simões:simoes Lima",
        stems=("Sertão", "Ipê Amarelo", "Maçã Verde", "Pão & Café"),
        forms=("{} Ltda.", "{} S.A.", "Irmãos {}"),
    ),
)  # fmt: skip

#: Company names that break careless writers of CSV, HTML and sheets.
AWKWARD_COMPANIES: tuple[str, ...] = (
    'O\'Brien, "Bob" & Sons',
    'Smith, Jones; "Partners"',
    "<Tag> & Söhne",
    "Dot.Com\\Slash, Inc.",
    "Crème Brûlée 🍮 Ltd",
    "+Plus Minus-",
    "@Home, S.L.",
)
