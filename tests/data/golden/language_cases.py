"""Small templates, each about one feature of the language. `cases()` gives (group, template), all rendered with CONTEXT."""

CONTEXT = {
    "s": "Hello, World", "t": "  pad\t\n", "u": "Ünïcödé ßtraße 日本 🗾", "e": "", "q": "it's \"so\"\\\n",
    "n": 7, "z": 0, "f": 2.5, "big": 1234567, "neg": -3, "yes": True, "no": False, "nothing": None,
    "l": [3, 1, 2], "words": ["b", "A", "c", "a"], "m": {"b": 1, "a": "x", "c": [1, 2]}, "empty": {}, "none": [],
    "people": [{"name": "Ann", "age": 31, "at": {"city": "Rome"}}, {"name": "bob", "age": 25, "at": {"city": "Oslo"}},
               {"name": "Cy", "age": 31, "at": {}}],
    "html": "<b>\"a\" & 'b'</b>", "lines": "one\ntwo\n\nthree", "nested": {"k": [{"x": {"y": 1}}]},
}

EXPRESSIONS = {
    "literals": """
        1|-1|+2|1_000|0x1f|0o17|0b101|1.5|1e3|1.5e-7|1e16|1e15|123456789.123|0.1|1e-5|0.0001|100000000000000000000.0|-0.0
        'a'|"a"|'a' 'b'|'it\\'s'|"tab\\tnew\\nline"|'\\x41\\u00e9\\U0001f600\\101'|'\\d'|"é"|true|True|false|False|none|None
        []|[1]|[1, 2,]|()|(1,)|(1, 2)|1, 2|{}|{'a': 1}|{'a': 1, 'b': [1, {'c': none}],}|{1: 2, 'x': 3.0, none: true}|[[], {}, ()]
        'quotes " inside'|["quotes ' inside", 'both " and \\'', 'new\\nline', 'é', '\\x07', '\\u200b']|1.0|[1.0, 2.50]|[true, none]
    """,
    "arithmetic": """
        1 + 2|7 - 10|2 * 3|7 / 2|6 / 3|7 // 2|-7 // 2|7 // -2|7 % 3|-7 % 3|7 % -3|2 ** 10|2 ** -1|2 ** 3 ** 2|-2 ** 2|1 + 2 * 3|(1 + 2) * 3
        7.5 // 2|-7.5 // 2|7.5 % 2|-7.5 % 2|1.5 + 1|3 * 1.5|true + 1|yes * 3|10 - 2 - 3|2 * 3 % 4|1 / 3|2 ** 0.5|0.1 + 0.2|n / 0|n % 0|n // 0
        'a' + 'b'|'a' * 3|3 * 'ab'|'a' * 0|'a' * -1|[1] + [2]|[1] * 2|(1,) + (2,)|'a' + 1|1 + 'a'|[1] + (2,)|none + 1|missing + 1|'a' + missing|-s
        9223372036854775807 + 0|1 ~ 2|'a' ~ none ~ true ~ 1.0 ~ missing ~ [1]|1 ~ 2 + 3|n ~ '' ~ f|+n|-f|--n|+ -n
        '%s-%d' % ('a', 3)|'%05.1f|%x|%r' % (2.25, 255, 'q')|'%(a)s' % {'a': 1}|'%s' % 'x'|'%%' % ()|'%5s|%-5s|' % ('a', 'b')|'%s' % [1, 2]|'%+d % d' % (3, 4)
        '%c%c' % ('a', 66)|'%e' % 12345.678|'%g' % 0.00001|'%s %s' % ('a',)|'%s' % ('a', 'b')|'%d' % 'x'|'%d' % 3.9|'%.2s' % 'abc'|'%*d' % (5, 42)|'%#x' % 255
        'a' % []|'a' % [1]|'a' % {}|'a' % 5|'a' % 'x'|'a' % missing|'%s' % missing|'%d' % missing|'%s %s' % [1, 2]|'%r' % missing|'a' % none|'%s' % none|'%s' % {'a': 1}
    """,
    "comparison": """
        1 < 2|1 == 1.0|'a' < 'b'|1 < 2 < 3|1 < 3 < 2|3 > 2 >= 2|1 != 2|'1' == 1|none == none|[1] == [1]|(1,) == [1]|{'a': 1} == {'a': 1}|[1, 2] < [1, 3]
        1 in [1, 2]|3 not in [1, 2]|'ell' in s|'x' in s|'a' in m|'z' in m|1 in (1,)|'' in s|1 in 'a'|1 in none|'a' in missing|missing == missing|missing == none
        not true|not not 1|true and false|1 and 2|0 or 'x'|'' or none|none and 1|not 1 == 2|1 < 'a'|none < 1|true == 1|1 in [true]|not s in words
        1 if true else 2|1 if false else 2|1 if false|(1 if false) is undefined|'a' if n > 5 else 'b' if n > 3 else 'c'|missing < 1|[] < [1]
        5 if yes and not no else 6|n == 7 and f == 2.5 or x|yes or missing.attribute|no and missing.attribute|1 == 1 == 1|'a' 'b' == 'ab'
    """,
    "access": """
        m.a|m['a']|m.missing|m['missing']|m.missing.more|missing|missing.x|missing['x']|l[0]|l[-1]|l[9]|l[9].x|s[0]|s[-1]|s[99]|u[1]|u[-1]|m.c[1]|nested.k[0].x.y
        l[1:]|l[:2]|l[::-1]|l[::2]|l[5:]|l[-2:]|s[1:4]|s[::-1]|s[:-1]|s[7:]|u[1:3]|u[::-2]|l[2:0:-1]|(1, 2, 3)[1:]|s[::0]|l['a']|l.0|m.0|n.x|nothing.x|nothing['x']
        s.upper|s.missing|m.items is callable|m['items']|m.keys()|m.values()|m.items()|m.items()|list|m.get('a')|m.get('z')|m.get('z', 5)|m.copy()|l.copy()
        l.append(1)|m.update({})|m.pop('a')|l.append|m.update|m.clear()|l.sort()|s.__class__|m.__len__|l.index(2)|l.index(9)|l.count(1)|(1, 1).count(1)
        n.real|f.is_integer()|2.0.is_integer()|n.bit_length()|true.real|{'items': 1}.items|{'items': 1}['items']|{'get': 1}.get('get')|{'pop': 1}.pop|s['upper']()
        range(3)|range(3)|list|range(1, 7, 2)|list|range(3, 0, -1)|list|range(5)[1]|range(5)[1:3]|list|range(100001)|range(0)|list|range(3)|length|range(1, 2, 0)
        [1, 2, 3][n]|people[0].at.city|people[2].at.city|people[2].at.city.x|m[none]|m[[1]]|m[1]|s[1.5]|l[true]|nothing[0]|nothing[0:1]|n[0]|missing[0:1]
        dict(a=1, b=2)|dict({'x': 1}, y=2)|dict([('a', 1)])|dict()|namespace(a=1).a|namespace(a=1)|namespace().x|namespace({'a': 1}).a
    """,
    "tests": """
        n is defined|missing is defined|missing is undefined|n is not defined|nothing is none|n is none|s is string|n is string|m is mapping|l is mapping
        l is sequence|s is sequence|m is sequence|n is sequence|l is iterable|s is iterable|n is iterable|missing is iterable|missing is sequence|m.items() is sequence
        n is number|f is number|yes is number|s is number|n is integer|yes is integer|f is integer|f is float|n is float|yes is boolean|n is boolean
        yes is true|n is true|no is false|z is false|n is odd|n is even|n is divisibleby 7|n is divisibleby(2)|n is eq 7|n is equalto 7|n is sameas 7|n is ne 3
        n is lt 8|n is gt 8|n is le 7|n is ge 8|n is greaterthan 3|n is lessthan 3|n == 7 is true|1 is in [1, 2]|'x' is in 'xyz'|3 is not in [1, 2]|n is in(l)
        'abc' is lower|'ABC' is upper|'aBC' is lower|e is lower|range is callable|n is callable|missing is callable|'upper' is filter|'nope' is filter|'odd' is test|'nope' is test
        html|e is escaped|s is escaped|n is nope|n is == 7|not n is none|(n is not none) and (s is string)|l is eq [3, 1, 2]|s is eq 'x' or n is eq 7|l[0] is odd|f is odd|s is odd
    """,
    "filters on text": """
        t|trim|'xxaxx'|trim('x')|s|upper|s|lower|'hello world-foo (bar) [baz]'|title|'hELLO'|capitalize|s|length|s|count|u|upper|u|lower|u|length|u|title|n|upper|none|trim
        s|replace('l', 'L')|s|replace('l', 'L', 1)|'aaa'|replace('a', '')|''|replace('', 'x')|'ab'|replace('', '-')|s|first|s|last|s|reverse|u|reverse|s|list|e|first|e|last
        lines|indent|lines|indent(2)|lines|indent(2, true)|lines|indent(2, blank=true)|lines|indent('> ')|lines|indent(first=true, width=1)|e|indent
        s|center(20)|s|center(21)|'ab'|center(5)|s|truncate(5)|s|truncate(8, true)|s|truncate(8, false, '', 0)|s|truncate(5, true, '..', 0)|'one two three'|wordcount
        html|escape|html|e|html|safe|html|e + '<'|'<' + html|safe|html|forceescape|html|e|e|html|striptags|'a <!-- x --> b'|striptags|'a <!-- x <b>c'|striptags|'a < b'|striptags|'a&amp;b'|striptags
        'a b&c/d?é'|urlencode|{'a b': 'c&d', 'x': 1}|urlencode|[('k', 'v w')]|urlencode|'%s and %s'|format('a', 1)|'%(x)s'|format(x=3)|n|string|nothing|string|l|string|missing|string|string
        'a,b,c'|list|join('-')|l|join|l|join(', ')|people|join(', ', attribute='name')|words|join('')|none|join('x')|m|join('+')|nothing|join|missing|join|s|join('.')|[1, none, 'x', 2.0]|join('|')
    """,
    "filters on numbers": """
        neg|abs|f|abs|'x'|abs|'42'|int|'4.9'|int|'x'|int|'x'|int(5)|'ff'|int(0, 16)|'0x1f'|int(base=16)|f|int|nothing|int|' 12 '|int|'1_0'|int|yes|int|missing|int|l|int
        '1.5'|float|'x'|float|'x'|float(1.0)|n|float|'inf'|float|'nan'|float|'1e3'|float|nothing|float|' 2.5 '|float|2.5|round|3.5|round|2.675|round(2)|1234.5|round(-2)|n|round|-2.5|round
        2.4|round(0, 'ceil')|2.6|round(0, 'floor')|2.123|round(2, 'ceil')|15|round(-1)|25|round(-1)|'x'|round|1.1|round(1)|n|round(2)|0.5|round|1.5|round|1e20|round
        l|sum|l|min|l|max|words|min|words|max|words|max(case_sensitive=true)|none|sum|none|min|none|max|people|sum(attribute='age')|people|max(attribute='age')|[0.1, 0.2, 0.3]|sum
        [[1], [2]]|sum(start=[])|[1, 2.5]|sum|['a']|sum|l|sum(start=10)|[0.1]*10|sum|1000|filesizeformat|1|filesizeformat|1500000|filesizeformat|2048|filesizeformat(true)|n|default(1)
        missing|default('d')|missing|d|e|default('d')|e|default('d', true)|no|default('x', boolean=true)|nothing|default('n')|missing|default(n + 1)|m.zz|default('q')|nothing|d('n', true)
    """,
    "filters on sequences": """
        l|sort|l|sort(reverse=true)|words|sort|words|sort(case_sensitive=true)|people|sort(attribute='age')|map(attribute='name')|list|people|sort(attribute='age,name')|map(attribute='name')|list
        people|sort(attribute='at.city')|[1, 'a']|sort|m|sort|none|sort|m|dictsort|m|dictsort(reverse=true)|{'B': 1, 'a': 2}|dictsort|{'B': 1, 'a': 2}|dictsort(true)|{'a': 2, 'b': 1}|dictsort(by='value')|m|dictsort(by='x')
        l|first|l|last|none|first|none|last|l|length|m|length|n|length|nothing|length|missing|length|l|reverse|list|m|reverse|list|m|list|s|list|m|first|m|last|range(3)|last
        [1, 2, 1, 3]|unique|list|words|unique|list|['a', 'A']|unique|list|['a', 'A']|unique(true)|list|people|unique(attribute='age')|map(attribute='name')|list|[[1], [1]]|unique|list
        range(5)|batch(2)|list|range(5)|batch(2, 'x')|list|range(7)|slice(3)|list|range(7)|slice(3, 'x')|list|l|batch(5)|list|none|batch(2)|list|l|slice(0)|list
        people|groupby('age')|list|people|groupby('age')|map(attribute='grouper')|list|people|groupby('at.city', default='?')|map(attribute='list')|list|words|groupby(0)|list
        m|items|list|missing|items|list|l|items|list|m|items|length|l|map('string')|list|words|map('upper')|join|people|map(attribute='at.city')|list|people|map(attribute='at.city', default='-')|list
        l|map('round', 1)|list|words|map('replace', 'a', 'o')|list|l|map|list|people|map(attribute='name.0')|list|missing|map('upper')|list|l|map('nope')|list|people|map(attribute='age')|sum
        l|select|list|l|select('odd')|list|l|reject('odd')|list|[0, 1, '', 'a', none]|select|list|l|select('gt', 1)|list|l|select('in', [1, 2])|list|people|selectattr('age', 'gt', 30)|map(attribute='name')|list
        people|selectattr('at.city')|map(attribute='name')|list|people|rejectattr('age', 'equalto', 31)|map(attribute='name')|list|people|selectattr('nope')|list|people|rejectattr('nope', 'defined')|list|length
        l|select('nope')|list|people|selectattr|list|l|select('odd')|first|(l|select('odd')|list)[0]|l|map('string')|first|people|attr('x')|m|attr('a')|s|attr('upper')|'%s'|attr('nope')
    """,
    "tojson": """
        m|tojson|l|tojson|q|tojson|u|tojson|u|tojson(ensure_ascii=true)|m|tojson(indent=2)|m|tojson(indent=4)|none|tojson(indent=2)|empty|tojson(indent=2)|nested|tojson(indent=1)|m|tojson(sort_keys=true)
        m|tojson(separators=(',', ':'))|m|tojson(indent=2, separators=(', ', ' : '))|1.0|tojson|1e100|tojson|none|tojson|true|tojson|nothing|tojson|'\\x00\\x1f\\x7f\\b\\f/'|tojson|missing|tojson
        {1: 2, none: 3, true: 4, 1.5: 5}|tojson|{(1, 2): 3}|tojson|(1, 2)|tojson|range(3)|tojson|m.items()|tojson|m.items()|list|tojson|[1, [2, [3]]]|tojson(indent='  ')|html|tojson|'</script>'|tojson|s|safe|tojson
        namespace(a=1)|tojson|l|tojson(2)|l|tojson(true, 2)|nested|tojson|'inf'|float|tojson|[1e16, 0.00001, -0.0, 123456789012345680.0]|tojson
    """,
    "string methods": """
        s.upper()|s.lower()|s.title()|s.capitalize()|s.swapcase()|"they're bill's".title()|t.strip()|t.lstrip()|t.rstrip()|'xxaxx'.strip('x')|'abcxcba'.strip('abc')|'xa'.lstrip('x')|'éaé'.strip('é')
        s.split()|s.split(',')|s.split(', ', 1)|'a,b,c'.split(',', 1)|'a,b,c'.rsplit(',', 1)|'  a  b '.split()|' a b c '.split(none, 1)|' a b c '.rsplit(none, 1)|''.split()|''.split(',')|'abc'.split('')|'a-b-c'.split('-', maxsplit=1)
        lines.splitlines()|'a\\r\\nb\\rc\\n'.splitlines()|'a\\nb'.splitlines(true)|'a\\x0bb\\x1cc\\u2028d'.splitlines()|s.startswith('Hell')|s.startswith('x')|s.startswith(('x', 'H'))|s.endswith('World')|s.endswith(('a', 'd'))|s.startswith('W', 7)|s.startswith(1)
        s.replace('l', 'L')|s.replace('l', 'L', 1)|s.find('o')|s.rfind('o')|s.find('zz')|s.find('o', 5)|u.find('日')|s.index('o')|s.index('zz')|s.rindex('o')|s.count('l')|s.count('')|s.count('l', 3, 5)|'aaa'.count('aa')
        ','.join(['a', 'b'])|''.join([])|','.join('abc')|','.join([1])|'{} {}'.format('a', 1)|'{0}{1}{0}'.format('a', 'b')|'{x}'.format(x=1)|'{:>5}|{:<5}|{:^5}'.format('a', 'b', 'c')|'{:05.2f} {:,} {:x} {:%}'.format(2.5, 1234567, 255, 0.5)
        '{!r}'.format('a')|'{{}}'.format()|'{0[a]} {0[b]}'.format(m)|'{m.x}'.format(m=1)|'{}'.format()|'{:d}'.format('a')|'{:*^9}'.format('mid')|'{:+}'.format(3)|'{:{w}}'.format('a', w=4)|'{:e}'.format(1.5)|'{:s}'.format('x')|'{:.2}'.format('abc')
        '12'.isdigit()|'1.2'.isdigit()|'abc'.isalpha()|'ab1'.isalnum()|' '.isspace()|''.isspace()|'A1'.isupper()|'a1'.islower()|'Ab Cd'.istitle()|'12'.isnumeric()|'½'.isnumeric()|'½'.isdigit()|'²'.isdigit()|'é'.isalpha()|'abc'.isascii()|'é'.isascii()|'a b'.isidentifier()|'a_b'.isidentifier()
        'prefix-x'.removeprefix('prefix-')|'x.py'.removesuffix('.py')|'x'.removeprefix('y')|'7'.zfill(3)|'-7'.zfill(4)|'abc'.zfill(2)|'a'.center(4)|'a'.center(5, '*')|'a'.ljust(3) ~ '|'|'a'.rjust(3, '.')|'a-b-c'.partition('-')|'a-b-c'.rpartition('-')|'abc'.partition('x')|'a\\tb'.expandtabs(4)
        'ß'.upper()|'İ'.lower()|'ŉ'.upper()|'ǆ'.title()|'ÀÉ'.lower()|'ΑΣ'.lower()|'straße'.capitalize()|'abc'.encode|'abc'.nope()|s.upper|length|s.lower().upper().title()|'a'.upper(1)|s.strip(1)|'ab'.islower() and 'AB'.isupper()
    """,
}

# Whole templates; "|" stands for itself.
TEMPLATES = {
    "set": [
        "{% set x = 1 %}{{ x }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set (a, b) = [1, 2] %}{{ b }}{{ a }}", "{% set a, (b, c) = 1, (2, 3) %}{{ c }}",
        "{% set x %}a{{ 1 }}b{% endset %}{{ x }}", "{% set x | upper %}ab{% endset %}{{ x }}", "{% set x | replace('a', 'b') | upper %}aa{% endset %}{{ x }}",
        "{% set a, b = 1 %}", "{% set a, b = 1, 2, 3 %}", "{% set a, b = 'xy' %}{{ a }}", "{% set ns = namespace(x=1) %}{% set ns.x = ns.x + 1 %}{{ ns.x }}",
        "{% set ns = namespace() %}{% for i in l %}{% set ns.sum = (ns.sum or 0) + i %}{% endfor %}{{ ns.sum }}", "{% set m.a = 1 %}", "{% set missing.a = 1 %}",
        "{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}", "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}",
        "{% for i in [1, 2] %}{{ x }}{% set x = i %}{{ x }}{% endfor %}{{ x }}", "{% set x = x %}{{ x is defined }}", "{% set n = n + 1 %}{{ n }}",
        "{% if false %}{% set n = 1 %}{% endif %}{{ n }}", "{% if true %}{% set fresh = 1 %}{% endif %}{{ fresh }}", "{% for i in [1] %}{{ n }}{% endfor %}{% set n = 9 %}{{ n }}",
        "{{ n }}{% for i in [1] %}{{ n }}{% endfor %}{% set n = 9 %}{{ n }}", "{% for i in [1, 2] %}{% if i == 1 %}{% set n = 3 %}{% endif %}{{ n }}{% endfor %}",
        "{% set ns = namespace(a=1) %}{% set ns.a, b = 5, 6 %}{{ ns.a }}{{ b }}", "{% set x = 1, 2 %}{{ x }}", "{% set x = %}", "{% set 1 = 2 %}", "{% set true = 2 %}", "{% set x.y.z = 1 %}",
        "{% set ns = namespace(a={}) %}{% set ns.b = ns.a %}{{ ns.b == ns.a }}", "{% set x %}{% for i in l %}{{ i }}{% endfor %}{% endset %}[{{ x }}]{{ x | length }}",
    ],
    "if": [
        "{% if n %}a{% endif %}", "{% if z %}a{% else %}b{% endif %}", "{% if z %}a{% elif n %}b{% else %}c{% endif %}", "{% if z %}a{% elif e %}b{% elif none %}c{% else %}d{% endif %}",
        "{% if missing %}a{% else %}b{% endif %}", "{% if missing.x %}{% endif %}", "{% if l and m %}x{% endif %}", "{% if empty or none %}x{% else %}y{% endif %}", "{% if %}{% endif %}", "{% if n %}", "{% endif %}", "{% else %}",
        "{% if n is defined and n > 3 %}y{% endif %}", "{% if not missing is defined %}y{% endif %}", "{% if 'a' in m and m.a == 'x' %}y{% endif %}", "{% if n: %}y{% endif %}",
    ],
    "for": [
        "{% for i in l %}{{ i }},{% endfor %}", "{% for i in none %}x{% else %}empty{% endfor %}", "{% for k in m %}{{ k }}{% endfor %}", "{% for k, v in m.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k, v in m | items %}{{ k }}{% endfor %}",
        "{% for c in s %}{{ c }}.{% endfor %}", "{% for i in n %}{% endfor %}", "{% for i in missing %}x{% else %}e{% endfor %}", "{% for i in l if i > 1 %}{{ i }}{% endfor %}", "{% for i in l if i > 9 %}{{ i }}{% else %}none{% endfor %}",
        "{% for i in l %}{{ loop.index }}/{{ loop.index0 }}/{{ loop.revindex }}/{{ loop.revindex0 }}/{{ loop.first }}/{{ loop.last }}/{{ loop.length }};{% endfor %}",
        "{% for i in l %}{{ loop.previtem }}-{{ i }}-{{ loop.nextitem }};{% endfor %}", "{% for i in l %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor %}",
        "{% for i in l if i != 1 %}{{ loop.index }}{{ loop.last }}{{ loop.length }};{% endfor %}", "{% for i in l %}{{ loop.cycle('a', 'b') }}{% endfor %}", "{% for i in [1, 1, 2, 2] %}{{ loop.changed(i) }}{% endfor %}",
        "{% for i in l %}{% for j in l %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}", "{% for i in l %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}", "{% for i in l %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}",
        "{% for i in l %}{% continue %}{% else %}e{% endfor %}", "{% for i in l %}{% break %}{% else %}e{% endfor %}", "{% for i in l %}x{% break %}{% else %}e{% endfor %}", "{% break %}", "{% continue %}",
        "{% for i, j in [(1, 2), [3, 4]] %}{{ i }}{{ j }};{% endfor %}", "{% for i, j in [1] %}{% endfor %}", "{% for i, j in [(1, 2, 3)] %}{% endfor %}", "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
        "{% for loop in l %}{% endfor %}", "{% for i in l %}{% set loop = 1 %}{% endfor %}", "{{ loop }}", "{% for i in l %}{{ loop }}{% endfor %}", "{% for i in 1, 2 %}{{ i }}{% endfor %}", "{% for i in l recursive %}{{ i }}{% endfor %}",
        "{% for i in [[1, [2, 3]], [4]] recursive %}{% if i is iterable %}({{ loop(i) }}){% else %}{{ i }}{{ loop.depth }}{% endif %}{% endfor %}", "{% for i in l %}{{ loop([1]) }}{% endfor %}",
        "{% for i in l | reverse %}{{ i }}{{ loop.last }}{% endfor %}", "{% for i in l | map('string') %}{{ i }}{{ loop.length }}{% endfor %}", "{% for p in people if p.age == 31 %}{{ p.name }}{{ loop.nextitem.name if loop.nextitem }}{% endfor %}",
        "{% for i in range(3) %}{% for j in range(i) %}{{ i }}{{ j }} {% endfor %}{% endfor %}", "{% for i in l %}{% set x = i %}{% endfor %}{{ x is defined }}", "{% for a in l if a is odd %}{{ loop.revindex }}{% endfor %}", "{% for i in m.values() %}{{ i }}{% endfor %}",
        "{% set ns = namespace(on=true) %}{% for i in l if ns.on %}{{ i }}{% set ns.on = false %}{% endfor %}", "{% for a, b in [[1, 2], [3, 4]] if a %}{{ loop.previtem }}{% endfor %}", "{% for x in l %}{{ loop.last }}{{ loop.nextitem }}{{ loop.length }}{% endfor %}",
        "{% for x in l %}{{ x if loop.first else '' }}{% endfor %}", "{% for x in l if loop.first %}{{ x }}{% endfor %}", "{% for i in l %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}", "{% for x in l %}a{% else %}b{% else %}c{% endfor %}", "{% for in l %}{% endfor %}", "{% for x l %}{% endfor %}",
        "{% set g = l | map('string') %}{% for x in g %}{{ x }}{% endfor %}{% for x in g %}{{ x }}{% endfor %}", "{% for x in loop %}{% endfor %}", "{% for i in l %}{% for j in [1] %}{{ loop.last }}{% endfor %}{{ loop.last }}{% endfor %}",
    ],
    "macro": [
        "{% macro f(a) %}<{{ a }}>{% endmacro %}{{ f(1) }}{{ f('x') }}", "{% macro f(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }},{{ f(1, 3) }},{{ f(b=5, a=4) }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f() }}|{{ f(a=1) }}",
        "{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}", "{% macro f(a) %}{% endmacro %}{{ f(b=2) }}", "{% macro f(a, b=a) %}{{ b }}{% endmacro %}{{ f(3) }}", "{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, x=3) }}",
        "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "{% macro f() %}{{ n }}{% endmacro %}{{ f() }}", "{% macro f() %}{{ x }}{% endmacro %}{% set x = 5 %}{{ f() }}", "{% set x = 1 %}{% macro f() %}{% set x = 2 %}{{ x }}{% endmacro %}{{ f() }}{{ x }}",
        "{% macro f() %}{{ caller() }}{% endmacro %}{% call f() %}body{% endcall %}", "{% macro f() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b) f() %}{{ a }}{{ b }}{% endcall %}", "{% macro f() %}x{% endmacro %}{% call f() %}b{% endcall %}", "{% macro f() %}{{ caller }}{% endmacro %}{{ f() }}",
        "{% macro f() %}{{ caller() }}{% endmacro %}{{ f() }}", "{% call 1 %}{% endcall %}", "{% macro f(a, b) %}{{ a ~ b }}{% endmacro %}{{ f(*[1, 2]) }}{{ f(**{'a': 3, 'b': 4}) }}", "{% macro f(a, a=1) %}{% endmacro %}", "{% macro f(a=1, b) %}{% endmacro %}",
        "{% macro f() %}  a  {% endmacro %}[{{ f() | trim }}]", "{% macro f(x) %}{{ x | upper }}{% endmacro %}{{ f('a') ~ f('b') }}", "{{ f }}{% macro f() %}{% endmacro %}{{ f.name }}{{ f.arguments }}", "{% macro f() %}{% endmacro %}{{ f }}{{ f() | length }}", "{% macro f(a, b=1, *c) %}{% endmacro %}",
        "{% for i in l %}{% macro f() %}{{ i }}{% endmacro %}{{ f() }}{% endfor %}", "{% macro f(x) %}{% for i in x %}{{ i }}{% break %}{% endfor %}{% endmacro %}{{ f(l) }}", "{% for i in l %}{% macro f() %}{% break %}{% endmacro %}{% endfor %}", "{% macro outer() %}{% macro inner() %}i{% endmacro %}{{ inner() }}{% endmacro %}{{ outer() }}{{ inner is defined }}",
        "{% macro f(a) -%}\n  {{ a }}\n{%- endmacro %}[{{ f(1) }}]", "{% macro f(x, y='d') %}{{ x }}{{ y }}{% endmacro %}{{ f(none) }}{{ f(missing) }}{{ f(1, none) }}", "{% macro f(a) %}{{ a is defined }}{% endmacro %}{{ f() }}{{ f(1) }}", "{{ nope() }}", "{{ n() }}", "{{ m.nope() }}", "{{ s.nope() }}",
        "{% macro f(kwargs) %}{{ kwargs }}{% endmacro %}{{ f(1) }}", "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}", "{% for i in l %}{% call f() %}{% endcall %}{% endfor %}",
        "{% macro f() %}{% for x in caller() %}{{ x }}.{% endfor %}{% endmacro %}{% call f() %}abc{% endcall %}", "{% macro f(x) %}{{ x }}{{ caller(x) }}{% endmacro %}{% call(y) f(n) %}-{{ y + 1 }}{% endcall %}",
    ],
    "scopes": [
        "{% with %}{% set x = 1 %}{{ x }}{% endwith %}{{ x }}", "{% with x = 1, y = 2 %}{{ x }}{{ y }}{% endwith %}{{ x }}", "{% with x = n %}{% with x = x + 1 %}{{ x }}{% endwith %}{{ x }}{% endwith %}", "{% with a, b = (1, 2) %}{{ a }}{{ b }}{% endwith %}", "{% with n = n %}{{ n }}{% endwith %}",
        "{% filter upper %}abc{{ s }}{% endfilter %}", "{% filter replace('a', 'b') | upper %}aa{% endfilter %}", "{% filter trim %}  x  {% endfilter %}", "{% filter indent(2) %}a\nb{% endfilter %}", "{% filter nope %}{% endfilter %}", "{% generation %}a{{ n }}{% set q2 = 1 %}{% endgeneration %}{{ q2 }}",
        "{% filter upper %}{% for i in words %}{{ i }}{% endfor %}{% endfilter %}", "{% raw %}{{ x }}{% if %}{% endraw %}", "{% raw -%}  a  {%- endraw %}b", "a\n{% raw %}\nb\n{% endraw %}\nc", "{% raw %}{% endraw", "{# comment #}a", "a {#- x -#} b", "{# {{ x }} #}", "{# unclosed", "a\n  {# x #}\nb", "{% print 1, 'a' %}", "{% do l %}", "{% nope %}", "{% include 'x' %}",
        "{% macro f(x) %}{{ x }}{% endmacro %}{% set f2 = f %}{{ f2(1) }}", "{% set j = joiner(', ') %}{% for i in l %}{{ j() }}{{ i }}{% endfor %}", "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.reset() }}{{ c.next() }}", "{{ cycler() }}", "{{ joiner('x').sep }}",
        "{{ raise_exception('Stop: ' ~ n) }}", "{% if n > 5 %}{{ raise_exception('too many') }}{% endif %}", "{{ strftime_now('%Y-%m-%d %H:%M:%S') }}", "{{ strftime_now('%d %b %Y, %A %B %-d %j %p %I %y %U %a %%') }}", "{{ strftime_now('%f|%z|%Z') }}", "{{ strftime_now('') }}",
    ],
    "white space": [
        "  {% if true %}\n  a\n  {% endif %}\nb", "a  {%- if true -%}  b  {%- endif -%}  c", "a\n\n{% if true %}\n\nb{% endif %}\n\n", "  {{ 1 }}  \n  {{ 2 }}\n", "{{- 1 -}}  a  {{- 2 }}", " {%+ if true %}\n a{% endif +%}\nb", "\t{% set x = 1 %}\n\t{{ x }}\n", "a{% if true %} \n b{% endif %}",
        "x\n    {%- if true %}\n  y\n    {%- endif %}\nz", "{% for i in l %}\n  {{ i }}\n{% endfor %}\n", "{% for i in l -%}\n  {{ i }}\n{%- endfor %}\n", "a\r\nb\rc\n", "end\n", "end\n\n", "\n", "", " ", "{% if true %}a{% endif %}\n\n\nb", "{{ 'a\nb' }}", "  {# c #}\n a", " {#+ c #}\n a", "x {# c #} y\n", "a\n {#- c -#} \nb",
        "{%- if true -%}\n\n a \n\n{%- endif -%}", "{{ n }}\n{{ n }}\n\n", "   {% raw %}  x  {% endraw %}\n y", "a \u00a0{%- if true %}b{% endif %}", "{% if true -%}\n\tx{% endif %}", "{%if true%}x{%endif%}", "{{n}}{{  n  }}", "{{ {'a': {'b': 1}} }}", "{{ {'a': {'b': 1}}['a']['b'] }}", "{{ '}}' }}", "{% set x = '%}' %}{{ x }}", "{{ \"{{\" }}", "{ { } } {% raw %}{{{% endraw %}",
    ],
    "errors": [
        "{{", "{{ 1", "{{ 1 +", "{{ }}", "{% %}", "{{ 'a }}", "{{ a b }}", "{{ (1 }}", "{{ 1) }}", "{{ [1, }}", "{{ {1} }}", "{{ {1: } }}", "{{ a. }}", "{{ a| }}", "{{ a|1 }}", "{{ a is }}", "{{ f(a=1, 2) }}", "{{ f(**a, b=1) }}", "{{ f(*a, 1) }}", "{{ a ? b }}", "{{ a = 1 }}", "{{ 1 is defined is defined }}", "{{ not }}", "{% for %}", "{% if true %}{% endfor %}", "{{ 01 }}", "{{ 1.2.3 }}", "{{ a[1 }}", "{{ a[] }}", "{{ a[1, 2] }}", "{{ '\\x4' }}", "{{ '\\u12' }}",
        "{% set x = 1 %}{% endset %}", "{% macro %}{% endmacro %}", "{% call %}{% endcall %}", "{{ a..b }}", "{{ loop.x }}", "{{ @ }}", "{{ $x }}", "{{ a.1 }}", "{{ a.'b' }}", "{{ -}}", "{{ x|nope }}", "{{ x is nope }}", "{% if false %}{{ x|nope }}{% endif %}ok", "{{ 1 if }}", "{{ * }}", "{{ 1 ** }}", "{{ a b c }}", "{{ true.x }}", "{% set a = b = c %}",
    ],
}


def cases():
    for group, text in EXPRESSIONS.items():
        for line in text.strip().splitlines():
            for expression in split_expressions(line.strip().replace("\\\\", "\\")):
                yield group, "{{ " + expression + " }}"
    for group, templates in TEMPLATES.items():
        for template in templates:
            yield group, template


def split_expressions(line):
    """Every way to cut the line at its bars that jinja2 would read: a piece, and a piece with the filters behind it."""
    pieces = line.split("|")
    for begin in range(len(pieces)):
        for end in range(begin + 1, min(begin + 4, len(pieces)) + 1):
            candidate = "|".join(pieces[begin:end])
            if begin + 1 == end or filters_follow(pieces[begin + 1 : end]):
                yield candidate


FILTERS = set(
    "abs attr batch capitalize center count d default dictsort e escape filesizeformat first float forceescape format groupby"
    " indent int items join last length list lower map max min reject rejectattr replace reverse round safe select selectattr"
    " slice sort string striptags sum title tojson trim truncate unique upper urlencode wordcount".split()
)


def filters_follow(pieces):
    return all(piece.split("(")[0].strip() in FILTERS for piece in pieces)
