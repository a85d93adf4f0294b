#!/usr/bin/perl
# Makes one MaxMind DB of what Debian packages know. build.sh calls it.
#
#   mmdb.pl country OUT GEOIP GEOIP6    ranges of tor-geoipdb
#   mmdb.pl asn OUT < FACTS             facts as libloc.py writes them
#
# The keys are MaxMind's, the build date is the data's own, and the same data gives the same bytes.
use strict;
use warnings;
use Encode qw(FB_CROAK);
use MaxMind::DB::Writer::Tree;
use Time::Piece;

my %types = (
    country                  => 'map',
    autonomous_system_number => 'uint32',
);

sub tree {
    my ($type, $epoch, $source) = @_;
    my $day = gmtime($epoch)->ymd;
    my $tree = MaxMind::DB::Writer::Tree->new(
        ip_version    => 6,
        record_size   => 28,
        database_type => $type,
        languages     => ['en'],
        description   => {
            en => "IPFire Location Database of $day, from Debian's $source; "
                . 'CC BY-SA 4.0, https://location.ipfire.org/'
        },
        # What the registries reserve, the sources leave out; and it saves a check for each network.
        remove_reserved_networks => 0,
        map_key_type_callback    => sub { $types{ $_[0] } // 'utf8_string' },
    );
    # Without this the writer would put the time of this run. Its own tests set it for the same reason.
    $tree->_set_build_epoch($epoch);
    return $tree;
}

sub dotted { join '.', unpack 'C4', pack 'N', $_[0] }

sub read_lines {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    my @lines = <$in>;
    close $in or die "$path: $!\n";
    chomp @lines;
    return @lines;
}

# "# Generated: Thu, 25 Jun 2026 04:33:59 GMT"
sub generated {
    my ($path, @lines) = @_;
    for (@lines) {
        last if !/^#/;
        return Time::Piece->strptime($1, '%d %b %Y %H:%M:%S')->epoch
            if /^# Generated: +\w+, +(\d+ \w+ \d+ [\d:]+) GMT$/;
    }
    die "$path: does not say when it was generated\n";
}

sub country {
    my ($geoip, $geoip6) = @_;
    my @v4 = read_lines($geoip);
    my @v6 = read_lines($geoip6);
    my ($epoch) = sort { $a <=> $b } generated($geoip, @v4), generated($geoip6, @v6);
    my $tree = tree('Vedette-Tor-Country', $epoch, 'tor-geoipdb');
    my %records;
    my $record = sub { $records{ $_[0] } //= { country => { iso_code => $_[0] } } };

    for (@v4) {
        next if /^#|,\?\?$/;
        /^(\d+),(\d+),([A-Z]{2})$/ or die "$geoip: cannot read '$_'\n";
        $tree->insert_range(dotted($1), dotted($2), $record->($3));
    }
    for (@v6) {
        next if /^#|,\?\?$/;
        /^([0-9a-f:]+),([0-9a-f:]+),([A-Z]{2})$/ or die "$geoip6: cannot read '$_'\n";
        $tree->insert_range($1, $2, $record->($3));
    }
    return $tree;
}

sub asn {
    my ($tree, %names, %records, $n);

    while (my $line = <STDIN>) {
        chomp $line;
        my ($kind, $key, $value) = split /\t/, $line, 3;
        if ($kind eq 'net' && $tree) {
            if ($value != 0) {
                $tree->insert_network($key, $records{$value} //= {
                    autonomous_system_number => $value,
                    length($names{$value} // '') ? (autonomous_system_organization => $names{$value}) : (),
                });
                $n++;
            }
            elsif ($n) {
                # Nobody announces it, though somebody may announce the network around it.
                $tree->remove_network($key);
            }
        }
        elsif ($kind eq 'as') {
            $names{$key} = Encode::decode('UTF-8', $value, FB_CROAK);
        }
        elsif ($kind eq 'created') {
            $tree = tree('Vedette-Libloc-ASN', $key, 'libloc-database');
        }
        else {
            die "cannot read '$line'\n";
        }
    }
    die "no networks to read\n" if !$n;
    return $tree;
}

sub write_database {
    my ($path, $tree) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    $tree->write_tree($out);
    close $out or die "$path: $!\n";
}

my $kind = shift // '';
my $path = shift;
if ($kind eq 'country' && @ARGV == 2) {
    write_database($path, country(@ARGV));
}
elsif ($kind eq 'asn' && defined $path && !@ARGV) {
    binmode STDIN, ':raw';
    write_database($path, asn());
}
else {
    die "usage: mmdb.pl country OUT GEOIP GEOIP6 | mmdb.pl asn OUT < FACTS\n";
}
