#!/usr/bin/perl
# Makes vectors/passes: what stands on a device after each pass of each wipe method.
#
# Run it to write the files, with --check to compare (exit 1 if any differs, is missing or is left
# over). The schemes are typed here again, from the published descriptions and in a notation of
# their own; nothing is read from the station's data. ../Independent.pm makes streams and digests.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/..';
use Independent qw(stream_bytes prove sha256_hex finish);

# --- The schemes --------------------------------------------------------------------------------

# One word per pass. R: the stream. Digits: bytes in hex, in the order in which they stand on the
# device from its byte 0 on. A letter: a byte that the scheme leaves open; ~ its complement.
# WORD*N: N times.
my %OPEN = (c => '00', d => '96', e => 'AA', known => '00');
my %SCHEMES = (
    'zero'            => '00',
    'one'             => 'FF',
    'random'          => 'R',
    'random-twice'    => 'R*2',
    'zero-one-random' => '00 FF R',

    'dod-5220-22-m-e'   => 'c ~c R',
    'dod-5220-22-m-ece' => 'c ~c R  d  e ~e R',
    'hmg-is5-baseline'  => '00',
    'hmg-is5-enhanced'  => '00 FF R',
    'csec-itsg-06'      => 'c ~c R',
    'ncsc-tg-025'       => 'c ~c R',
    'ar-380-19'         => 'R c ~c',
    'asci-33'           => 'c ~c c ~c R',
    'afssi-5020'        => '00 FF R',
    'nsa-130-1'         => 'R R known',
    'nnsa-nap-14-1-c'   => 'R R 00',
    'gost-r-50739-95'   => '00 R',
    'bmb21-style'       => 'FF 00 R*3 FF',

    'navso-p-5239-26-mfm' => 'FF BFFFFFFF R',
    'navso-p-5239-26-rll' => 'FF 27FFFFFF R',

    'vsitr'             => '00 FF 00 FF 00 FF AA',
    'rcmp-tssit-ops-ii' => '00 FF 00 FF 00 FF R',
    'schneier-7'        => 'FF 00 R*5',
    'pfitzner-7'        => 'R*7',
    'pfitzner-33'       => 'R*33',

    # The paper's table by its columns: 5-9, 10-25 (every repeated nibble), 26-28, 29-31.
    'gutmann-35' => join(' ', 'R*4', '55 AA 924924 492492 249249',
        (map { sprintf '%X%X', $_, $_ } 0 .. 15),
        '924924 492492 249249 6DB6DB B6DB6D DB6DB6 R*4'),
);

sub complement {
    return sprintf '%02X', 0xff ^ hex $_[0];
}

sub pass_of {
    my ($word) = @_;
    return complement($OPEN{$1}) if $word =~ /^~(\w+)$/;
    return $OPEN{$word} // $word;
}

sub passes_of {
    return map { /^(.+)\*(\d+)$/ ? (pass_of($1)) x $2 : pass_of($_) } split ' ', $_[0];
}

# --- Devices and what stands on them ------------------------------------------------------------

# Odd numbers of sectors of both sizes; the last is beyond three units and a multiple of neither
# 3 bytes nor 1 MiB, so that a three-byte pattern ends within itself.
my @DEVICES = ([512 * 1235, 512], [4096 * 515, 4096], [512 * 6149, 512]);

# A key for each number of a pass: a certificate publishes one of these 64 digits for each stream.
sub key_hex {
    my ($number) = @_;
    return sprintf('%02x', $number) x 16 . sprintf('%02x', 255 - $number) x 16;
}

my %DIGEST;

# A fixed pass is shown whole: the bytes repeated from byte 0, cut at the end of the device.
sub fixed_ranges {
    my ($hex, $size) = @_;
    my $sha256 = $DIGEST{"$hex $size"} //= do {
        my $repeat = pack 'H*', $hex;
        sha256_hex(substr $repeat x (1 + $size / length $repeat), 0, $size);
    };
    return [0, $size, $sha256];
}

# A stream is shown by its first and its last sector; vectors/stream shows the rest of it.
sub stream_ranges {
    my ($number, $size, $sector) = @_;
    return map {
        my $start = $_;
        my $sha256 = $DIGEST{"stream $number $start $sector"}
            //= sha256_hex(stream_bytes(pack('H*', key_hex($number)), $start, $sector));
        [$start, $sector, $sha256];
    } 0, $size - $sector;
}

# --- JSON ---------------------------------------------------------------------------------------

sub object {
    return '{' . join(', ', @_) . '}';
}

sub text {
    return qq("$_[0]": "$_[1]");
}

sub number {
    return qq("$_[0]": $_[1]);
}

sub range_lines {
    my ($number, $pass, $size, $sector) = @_;
    my @ranges = $pass eq 'R' ? stream_ranges($number, $size, $sector) : fixed_ranges($pass, $size);
    return map {
        object(number(size_bytes => $size), number(start_byte => $_->[0]),
            number(length_bytes => $_->[1]), text(sha256 => $_->[2]));
    } @ranges;
}

sub pass_lines {
    my ($number, $pass) = @_;
    my @ranges = map { range_lines($number, $pass, @$_) } @DEVICES;
    my $content = $pass eq 'R' ? text(key_hex => key_hex($number)) : text(bytes_hex => lc $pass);
    return "    {" . number(number => $number) . ", $content, \"ranges\": [\n      "
        . join(",\n      ", @ranges) . "\n    ]}";
}

sub vector {
    my ($name) = @_;
    my @passes = passes_of($SCHEMES{$name});
    my $devices = join ', ',
        map { object(number(size_bytes => $_->[0]), number(sector_bytes => $_->[1])) } @DEVICES;
    return "{\n  " . join(",\n  ",
        text(scheme => $name), text(expect => 'equal'), text(layer => 'none'),
        text(source => 'the published description that docs/methods.md names for this method'),
        text(comment => 'What stands on the device after each pass, in the order of the passes.'),
        qq("devices": [$devices]),
        qq("passes": [\n) . join(",\n", map { pass_lines($_ + 1, $passes[$_]) } 0 .. $#passes) . "\n  ]",
    ) . "\n}\n";
}

prove();
exit finish(dirname(__FILE__), "@ARGV" eq '--check', map { ("$_.json" => vector($_)) } keys %SCHEMES);
