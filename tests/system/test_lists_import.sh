#!/usr/bin/env bash
# Feeds of each format become lists, with the counts of a script that knows only the formats' documentation; hostile ones are refused.
source "$(dirname "$0")/lib.sh"
tests=$VEDETTE_SOURCE_DIR/tests/system
python3 -B "$tests/make_feeds.py" feeds
mkdir lists

import() { "$VEDETTE" lists import --as-of 2026-11-23 "$@"; }

# counts
formats=$(grep -o '^FORMAT([a-z_]*' "$VEDETTE_SOURCE_DIR/rules/lists/formats/formats.def" | sed 's/FORMAT(//; s/_/-/g' | sort)
same "formats in the help" "$(import --help | tr -d '\n' | grep -o 'file itself: [^.]*' | sed 's/file itself: //' | tr -d ' ' | tr ',' '\n' | sort)" "$formats"
python3 -B "$tests/count_feeds.py" feeds >counts
same "formats of the feeds" "$(cut -d' ' -f2 counts | sort -u)" "$formats"
while read -r file format kinds; do
    name=$(tr -c 'a-z0-9\n' _ <<<"$file")
    import --json --name "$name" --out "lists/$name.yaml" "feeds/$file" >got || fail "$file is not imported"
    same "format of $file" "$(jq -r .format got)" "$format"
    same "entries of $file" "$(jq -r '.kinds | to_entries | sort_by(.key) | map("\(.key)=\(.value)") | join(",")' got)" "$kinds"
    same "sum of $file" "$(jq '.entries + .duplicates + .expired + .left_out + .faults - .values' got)" 0
    same "faults of $file" "$(jq .faults got)" 0
    same "notes of $file" "$(jq -r '.notes[]' got | grep -c 'may have been cut' || true)" 0
done <counts
"$VEDETTE" check --geo "" --rules "$work/none" --lists lists >out 2>err && fail "a folder of rules that is missing"
"$VEDETTE" lists show --lists lists --as-of 2026-11-23 --json >shown
same "lists that a sensor reads" "$(wc -l <shown)" "$(wc -l <counts)"
same "entries that a sensor reads" "$(jq -s 'map(.entries) | add' shown)" "$(sed 's/.* //; s/[a-z0-9]*=//g' counts | tr ',' '\n' | paste -sd+ | bc)"
same "benign lists" "$(jq -r 'select(.role == "benign") | .list' shown | wc -l)" 3

# what entries keep
entry() { "$VEDETTE" lists show --lists lists --as-of 2026-11-23 --json "$1" | jq -r "select(.value == \"$2\") | \"\(.source)|\(.date)|\(.confidence)|\(.until)|\(.because)\""; }
same "STIX" "$(entry stix_json 198.51.100.7/32)" "ACME CERT|2026-11-03|10|null|n 1"
same "MISP" "$(entry misp_json 203.0.113.20/32)" 'CIRCL|2026-11-25|75|null|OSINT "quoted" report; n 0'
same "Zeek" "$(entry zeek_intel www.evil.example | cut -d"|" -f1,3-)" "other|100|2027-12-28|c2"
same "Spamhaus" "$(entry drop_v4_json 192.0.2.0/24)" "Spamhaus DROP|2026-11-25|null|null|SBL256894"
same "CSV" "$(entry feodo_csv 203.0.113.51/32)" 'abuse.ch Feodo Tracker|2026-10-05|null|null|Emotet, "the" one'
same "ThreatFox" "$(entry threatfox_csv fox.example)" "abuse.ch ThreatFox|2026-11-20|100|null|X Stealer, botnet_cc"
same "when a CSV was made" "$(jq -r 'select(.list == "feodo_csv" or .list == "sslbl_csv") | .date' shown | tr '\n' ' ')" "2026-11-20 2026-11-19 "
same "Tor" "$(jq -r 'select(.list == "exit_addresses") | .date' shown)" 2026-11-20

# Zeek says what stands between fields
printf '#separator \\x2c\n#fields,indicator_type,indicator\nIntel::ADDR,192.0.2.1\n' >commas
printf '#separator \\x09\n#set_separator\t,\n#fields\tindicator\tindicator_type\n192.0.2.2\tIntel::ADDR\n' >tabs
printf '#separator |\n#fields|indicator|indicator_type\n192.0.2.3|Intel::ADDR\n' >bars
import --json --name separators --out t.yaml commas tabs bars >got
same "separators" "$(sed -n 's/^  - //p' t.yaml | tr '\n' ' ')" "192.0.2.1/32 192.0.2.2/32 192.0.2.3/32 "

# several files are one list; options
import --json --name drop --out drop.yaml feeds/drop_v4.json feeds/drop_v6.json >got
same "two files" "$(jq .entries got)" 10
import --json --out t.yaml --tier 2 --confidence 40 --until 2027-01-01 --stale-after none --title "A title" --source S --licence L --date 2026-01-02 feeds/plain.txt >got
same "head" "$(sed -n '3,11p' t.yaml | tr '\n' '|')" 'list: plain|title: "A title"|tier: 2|source: "S"|date: 2026-01-02|confidence: 40|until: 2027-01-01|licence: "L"|kind: cidr|'
import --json --out t.yaml --keep-for 180d --as-of 2027-06-01 feeds/threatfox.csv >got 2>err && fail "entries that ended are imported"
grep -q 'none is an entry: 1 left out, first of type sha256_hash, 2 ended' err || fail "$(cat err)"
import --subdomains --name s --out t.yaml --json feeds/threatfox.csv >got
same "names are domains" "$(jq -c .kinds got)" '{"cidr":1,"domain":1}'
import --urls-as-text --name s --out t.yaml --json feeds/urlhaus.csv >got
same "URLs as texts" "$(jq -c .kinds got)" '{"text":3}'
echo d41d8cd98f00b204e9800998ecf8427e >md5
same "a kind that is told" "$(import --kind ja3 md5 2>/dev/null | tail -1)" '  - "d41d8cd98f00b204e9800998ecf8427e"'

# hostile feeds: one line of reason, status 4, nothing written
hostile() { # TEXT FILE...
    echo before >out.yaml
    refused 4 "$1" import --out out.yaml "${@:2}"
    same "$1: the file that was there" "$(cat out.yaml)" before
}
python3 -c "import sys; sys.stdout.write('1.2.3.4 ' * 25_000_000)" >long
hostile "long is larger than the 134217728 bytes" long
head -c 100000 long >shorter
hostile "shorter:1:1: a line of 100000 bytes" shorter
{ printf '{"type":"bundle","objects":["'; head -c 100000000 /dev/zero | tr '\0' x; printf '"]}'; } >json_long
hostile "objects[0]: an object without a type" json_long
printf '192.0.2.1\n0.0.0.0/0\n' >zero
hostile 'zero:2:1: "0.0.0.0/0": a network of length 0 is everybody' zero
printf '::/0\n' >zero
hostile 'a network of length 0 is everybody' zero
printf '{"name":"x","type":"cidr","list":["0.0.0.0/0"]}' >zero.json
hostile 'zero.json: list[0]: "0.0.0.0/0": a network of length 0' zero.json
printf '{"name":"x","type":"cidr","list":["0.0.0.0/1","128.0.0.0/1"]}' >halves.json
hostile 'would hide nearly everybody' halves.json
head -c 5000 /dev/urandom >binary
printf '\x7fELF\x02\x01\x01\x00' | cat - binary >elf
hostile "elf:1:1: byte 0x7f is in no feed: this is a binary file" elf
gzip -k feeds/plain.txt
hostile "it is gzip; unpack it" feeds/plain.txt.gz
rm feeds/plain.txt.gz
printf '\xff\xfe1\x00' >utf16
hostile "it is UTF-16" utf16
: >empty
hostile "no feed: it holds no line with a value" empty
printf '# nothing\n' >empty
hostile "not one value in it" empty
printf '{"type":"bundle","type":"bundle","objects":[]}' >twice.json
hostile "twice.json:1:" twice.json
hostile "duplicate" twice.json
printf '{"cidr":"192.0.2.0/24","cidr":"198.51.100.0/24"}\n{"cidr":"203.0.113.0/24"}\n' >twice
hostile "duplicate" twice
python3 -c "print('[' * 100000)" >deep.json
hostile "deep.json:1:65: nested more than 64 deep" deep.json
python3 -c "print('[' + '[],' * 5000000 + '[]]')" >wide.json
hostile "more than 4194304 values" wide.json
printf '{"type":"bundle","objects":[{"type":"indicator","id":"i","pattern_type":"stix","pattern":"[ipv4-addr:value = ]"}]}' >pattern.json
hostile 'objects[0]: byte 20 of the pattern: a value is missing here' pattern.json
python3 -c "print('{\"type\":\"bundle\",\"objects\":[{\"type\":\"indicator\",\"id\":\"i\",\"pattern\":\"' + '(' * 1000 + '\"}]}')" >pattern.json
hostile 'nested more than 32 deep' pattern.json
printf 'ip,confidence\n192.0.2.1,101\n' >sure
hostile "sure:2:1: a confidence of 101: it is 0 to 100" sure
printf 'ip,confidence\n192.0.2.1,1,2\n' >wide
hostile "wide:2:1: 3 cells, and there are 2 columns" wide
printf 'ip,confidence,ip\n192.0.2.1,1,192.0.2.2\n' >columns
hostile 'columns:1:1: the column "ip" stands twice' columns
printf 'ip,confidence\n"192.0.2.1,1\n' >quote
hostile "quote:2:1: the quote that begins here is not closed" quote
printf '#fields\tindicator\tindicator_type\n192.0.2.1 Intel::ADDR\n' >blanks
hostile "blanks:2:1: 1 fields, and #fields names 2; one tab" blanks
printf '#separator \\x1\n#fields\tindicator\tindicator_type\n' >separator
hostile "separator:1:12: #separator names one character" separator
printf '10.0.0.1/8\n' >bits
hostile 'bits:1:1: "10.0.0.1/8": an address inside a network, not the network; write 10.0.0.0/8' bits
printf '{"a": 1}' >what.json
hostile "JSON, but of no format that is known here" what.json
hostile "missing cannot be opened" missing
hostile "lists is not a regular file" lists
mkfifo pipe
hostile "pipe is not a regular file" pipe
for bad in "1.2.3" "what is this" "300.1.1.1" "-" "evil..example" "d41d8cd98f00b204e9800998ecf8427e"; do
    printf '192.0.2.1\n%s\n' "$bad" >bad
    hostile "bad:2:1: " bad
done
import --json --skip-faults --out t.yaml bad >got
same "a fault that is skipped" "$(jq -c '[.entries, .faults, (.skipped | length)]' got)" "[1,1,1]"
# nothing of a feed is code in the list: quotes, backslashes, what YAML would read, colours
printf 'ip,description\n192.0.2.1,"a ""quote"" \\ {x: y} # no \x1b"\n' | tr -d '\033' >strange
printf 'ip,description\n192.0.2.2,"%%TAG \xff\xfe \xe2\x80\xa8 end"\n' >stranger
import --name strange --out lists/strange.yaml strange >/dev/null
import --name stranger --out lists/stranger.yaml stranger >/dev/null
same "quotes and signs" "$(entry strange 192.0.2.1/32 | cut -d'|' -f5)" 'a "quote" \ {x: y} # no'
same "what is no UTF-8" "$(entry stranger 192.0.2.2/32 | cut -d'|' -f5)" '%TAG ?? ? end'

# the lists of a sensor: hostile files are refused, too
bad_list() { # TEXT
    refused 4 "$1" "$VEDETTE" lists show --lists hostile
}
mkdir hostile
head='schema: 1\nlist: a\ntitle: T\nsource: S\ndate: 2026-01-02\n'
printf "${head}entries:\n  - {cidr: 0.0.0.0/0}\n" >hostile/a.yaml
bad_list "a.yaml:7:12: a network of length 0"
{ printf "${head}entries:\n  - {text: "; cat long; printf '}\n'; } >hostile/a.yaml
bad_list "a.yaml:7:1: a line of 200000012 bytes"
printf "${head}x: &x [a]\nentries: [*x, *x]\n" >hostile/a.yaml
bad_list "anchors (&name) are not supported"
printf "${head}entries: [*x]\n" >hostile/a.yaml
bad_list "aliases (*name) are not supported"
printf "${head}date: 2026-01-03\nentries: []\n" >hostile/a.yaml
bad_list 'the key "date" stands twice'
cp elf hostile/a.yaml
bad_list "a.yaml:1:1: "
passed
