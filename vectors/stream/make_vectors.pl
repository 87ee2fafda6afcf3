#!/usr/bin/perl
# Makes vectors/stream: what bytes the stream xts128-1mib-v1 has at which offset of a device.
#
# Run it to write the files, with --check to compare (exit 1 if any differs, is missing or is left
# over). ../Independent.pm says what it is independent of.
use strict;
use warnings;
no warnings 'portable'; # 64-bit integers are wanted
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/..';
use Independent qw(UNIT stream_bytes prove sha256_hex finish);

use constant { EDGE => 32 };

# --- The vectors --------------------------------------------------------------------------------

my $COUNTING = join '', map { sprintf '%02x', $_ } 0 .. 31;
my $ZERO_AND_ONE = '00' x 31 . '01';
my $HIGH_BITS = 'ff' x 16 . 'fe' . 'ff' x 15;
my $MIXED_KEY = '9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d' . '5ec0de7711aa42f00dd1ce5ba5eba115';

# name, key, offset, length, comment
my @EQUAL = (
    ['unit_0_start', $COUNTING, 0, 1024, 'The first two sectors of a device.'],
    ['unit_0_end', $COUNTING, UNIT - 512, 512, 'The last sector before the first unit boundary.'],
    ['unit_1_whole', $MIXED_KEY, UNIT, UNIT, 'A whole unit: every one of its 65536 blocks.'],
    ['unit_1_start', $COUNTING, UNIT, 1024, 'The tweak is the number of the unit, not of a sector.'],
    ['unit_256_start', $COUNTING, 256 * UNIT, 512, 'The tweak reaches its second byte: little-endian.'],
    ['beyond_32_bit_offset', $ZERO_AND_ONE, (1 << 32) + 3 * UNIT + 4096, 4096, 'Beyond 4 GiB, inside a unit.'],
    ['beyond_32_bit_unit', $MIXED_KEY, 0x0102030405 * UNIT, 512, 'A unit number of five different bytes.'],
    ['crossing_odd', $MIXED_KEY, 3 * UNIT - 777, 1555, 'From odd to even across a unit boundary.'],
    ['crossing_32_bit_offset', $HIGH_BITS, (1 << 32) - 5, 11, 'Eleven bytes across 4 GiB.'],
    ['odd_tail', $HIGH_BITS, 2 * UNIT + 4096, 4099, 'An odd number of bytes: the last block is cut.'],
    ['device_tail', $ZERO_AND_ONE, 5 * UNIT, 1536, 'A device of 5 MiB and three sectors ends with a prefix of unit 5.'],
    ['single_byte', $COUNTING, 7 * UNIT - 1, 1, 'The last byte of a unit alone.'],
    ['zero_and_one_start', $ZERO_AND_ONE, 0, 64, 'Halves that differ in one bit.'],
    ['high_bits_start', $HIGH_BITS, 0, 64, 'A key of nearly all ones.'],
);
my @REFUSED = (
    ['refuse_equal_halves', 'ab' x 32, 'Halves that are equal: XTS is weak under such a key.'],
    ['refuse_short_key', '0102030405060708' x 2, 'Sixteen bytes: one half is missing.'],
    ['refuse_long_key', $COUNTING . $MIXED_KEY, 'Sixty-four bytes: AES-256 is another stream.'],
);

# Flat JSON, keys sorted; digits stand bare, the rest is plain ASCII without anything to escape.
sub json {
    my (%fields) = @_;
    my @lines = map {
        my $value = $fields{$_};
        sprintf '  "%s": %s', $_, /_bytes$/ ? $value : "\"$value\"";
    } sort keys %fields;
    return "{\n" . join(",\n", @lines) . "\n}\n";
}

sub equal_vector {
    my (undef, $key_hex, $offset, $length, $comment) = @_;
    my $bytes = stream_bytes(pack('H*', $key_hex), $offset, $length);
    my $edge = $length < EDGE ? $length : EDGE;
    return json(
        expect => 'equal', layer => 'none', source => 'FIPS 197; IEEE 1619',
        comment => $comment, key_hex => $key_hex, offset_bytes => $offset, length_bytes => $length,
        sha256 => sha256_hex($bytes),
        first_hex => unpack('H*', substr $bytes, 0, $edge),
        last_hex => unpack('H*', substr $bytes, -$edge),
    );
}

sub refused_vector {
    my (undef, $key_hex, $comment) = @_;
    return json(
        expect => 'refuse', layer => 'key', source => 'IEEE 1619; FIPS 140-3 IG C.I',
        comment => $comment, key_hex => $key_hex, offset_bytes => 0, length_bytes => 512,
        sha256 => '', first_hex => '', last_hex => '',
    );
}

prove();
my %files = (
    (map { ("$_->[0].json" => equal_vector(@$_)) } @EQUAL),
    (map { ("$_->[0].json" => refused_vector(@$_)) } @REFUSED),
);
exit finish(dirname(__FILE__), "@ARGV" eq '--check', %files);
