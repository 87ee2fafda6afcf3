# What the generators of vectors share: AES-128, XTS and the stream xts128-1mib-v1; digests; files.
#
# Independent of the code that the vectors test: another language, no cryptographic module,
# AES-128 and XTS written from FIPS 197 and IEEE 1619, proved on their published answers first.
# Only digests come from outside: sha256sum of coreutils.
package Independent;
use strict;
use warnings;
no warnings 'portable'; # 64-bit integers are wanted
use Exporter qw(import);
use IPC::Open2 qw(open2);
our @EXPORT_OK = qw(UNIT stream_bytes prove sha256_hex finish);

use constant { UNIT => 1 << 20, BLOCK => 16 };

# --- AES-128, FIPS 197 --------------------------------------------------------------------------

# Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (section 4.2).
sub gf_product {
    my ($left, $right) = @_;
    my $product = 0;
    while ($right) {
        $product ^= $left if $right & 1;
        $left = ($left << 1) ^ ($left & 0x80 ? 0x11b : 0);
        $right >>= 1;
    }
    return $product;
}

# The S-box by its definition: inverse, then the affine map (section 5.1.1).
sub substitution_box {
    my @box = (0x63);
    for my $value (1 .. 255) {
        my $inverse = 1;
        $inverse = gf_product($inverse, $value) for 1 .. 254;
        my $doubled = $inverse | $inverse << 8;
        my $mapped = 0x63 ^ $inverse;
        $mapped ^= ($doubled >> 8 - $_) & 0xff for 1 .. 4;
        push @box, $mapped;
    }
    return @box;
}

my @SBOX = substitution_box();

# One table per row of the state: SubBytes and MixColumns (section 5.1.3) of one byte, as a column.
my @MIXED = map {
    my $row = $_;
    [map { rotated(gf_product($_, 2) << 24 | $_ << 16 | $_ << 8 | gf_product($_, 3), 8 * $row) } @SBOX]
} 0 .. 3;

sub rotated {
    my ($word, $bits) = @_;
    return (($word >> $bits) | ($word << (32 - $bits))) & 0xffffffff;
}

sub substituted {
    my ($word) = @_;
    my @bytes = map { $SBOX[$_] } unpack 'C4', pack 'N', $word;
    return unpack 'N', pack 'C4', @bytes;
}

# Key expansion (section 5.2): 16 bytes to 44 words.
sub round_keys {
    my @words = unpack 'N4', $_[0];
    my $constant = 1;
    for my $index (4 .. 43) {
        my $word = $words[-1];
        if ($index % 4 == 0) {
            $word = substituted(rotated($word, 24)) ^ $constant << 24;
            $constant = gf_product($constant, 2);
        }
        push @words, $words[-4] ^ $word;
    }
    return \@words;
}

# One block (section 5.1); ShiftRows is in the choice of columns.
sub aes_block {
    my ($keys, $block) = @_;
    my ($m0, $m1, $m2, $m3) = @MIXED;
    my ($a, $b, $c, $d) = unpack 'N4', $block ^ pack 'N4', @$keys[0 .. 3];
    for (my $k = 4; $k < 40; $k += 4) {
        ($a, $b, $c, $d) = (
            $m0->[$a >> 24] ^ $m1->[$b >> 16 & 255] ^ $m2->[$c >> 8 & 255] ^ $m3->[$d & 255] ^ $keys->[$k],
            $m0->[$b >> 24] ^ $m1->[$c >> 16 & 255] ^ $m2->[$d >> 8 & 255] ^ $m3->[$a & 255] ^ $keys->[$k + 1],
            $m0->[$c >> 24] ^ $m1->[$d >> 16 & 255] ^ $m2->[$a >> 8 & 255] ^ $m3->[$b & 255] ^ $keys->[$k + 2],
            $m0->[$d >> 24] ^ $m1->[$a >> 16 & 255] ^ $m2->[$b >> 8 & 255] ^ $m3->[$c & 255] ^ $keys->[$k + 3],
        );
    }
    my $last = pack 'C16', @SBOX[
        $a >> 24, $b >> 16 & 255, $c >> 8 & 255, $d & 255,
        $b >> 24, $c >> 16 & 255, $d >> 8 & 255, $a & 255,
        $c >> 24, $d >> 16 & 255, $a >> 8 & 255, $b & 255,
        $d >> 24, $a >> 16 & 255, $b >> 8 & 255, $c & 255,
    ];
    return $last ^ pack 'N4', @$keys[40 .. 43];
}

# --- XTS, IEEE 1619 section 5 -------------------------------------------------------------------

# Times alpha in GF(2^128): shift left through both halves, 135 for what falls out (section 5.2).
sub times_alpha {
    my ($low, $high) = @_;
    my $out = $high >> 63;
    return ($low << 1 ^ ($out ? 0x87 : 0), $high << 1 | $low >> 63);
}

# Encrypt whole blocks of one data unit, from its block number $first on (section 5.3.1).
sub xts_blocks {
    my ($key, $unit, $first, $plain) = @_;
    my ($data_keys, $tweak_keys) = map { round_keys(substr $key, $_, 16) } 0, 16;
    my ($low, $high) = unpack 'Q<2', aes_block($tweak_keys, pack 'Q<2', $unit, 0);
    ($low, $high) = times_alpha($low, $high) for 1 .. $first;
    my $made = '';
    for my $block (unpack '(a16)*', $plain) {
        my $tweak = pack 'Q<2', $low, $high;
        $made .= aes_block($data_keys, $block ^ $tweak) ^ $tweak;
        ($low, $high) = times_alpha($low, $high);
    }
    return $made;
}

# --- The stream ---------------------------------------------------------------------------------

# Bytes of one unit, of which only the blocks touched are made.
sub unit_bytes {
    my ($key, $unit, $start, $length) = @_;
    my $first = int($start / BLOCK);
    my $blocks = int(($start + $length + BLOCK - 1) / BLOCK) - $first;
    return substr xts_blocks($key, $unit, $first, "\0" x ($blocks * BLOCK)), $start % BLOCK, $length;
}

# Bytes of the device, cut at the units.
sub stream_bytes {
    my ($key, $offset, $length) = @_;
    my $made = '';
    while (length $made < $length) {
        my $at = $offset + length $made;
        my $within = $at & (UNIT - 1);
        my $wanted = $length - length $made;
        my $taken = $wanted < UNIT - $within ? $wanted : UNIT - $within;
        $made .= unit_bytes($key, $at >> 20, $within, $taken);
    }
    return $made;
}

# --- Published answers --------------------------------------------------------------------------

sub must_be {
    my ($name, $got, $wanted) = @_;
    $got = unpack 'H*', $got;
    die "$name: got $got, published $wanted\n" if $got ne $wanted;
    return;
}

sub prove {
    my $key = pack 'C16', 0 .. 15;
    my $plain = pack 'H*', '00112233445566778899aabbccddeeff';
    must_be('FIPS 197 C.1', aes_block(round_keys($key), $plain), '69c4e0d86a7b0430d8cdb78070b4c55a');
    must_be('FIPS 197 A.1', pack('N', round_keys(pack 'H*', '2b7e151628aed2a6abf7158809cf4f3c')->[43]), 'b6630ca6');
    must_be('IEEE 1619 vector 1', xts_blocks("\0" x 32, 0, 0, "\0" x 32),
        '917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e');
    must_be('IEEE 1619 vector 2', xts_blocks("\x11" x 16 . "\x22" x 16, 0x3333333333, 0, "\x44" x 32),
        'c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0');
    return;
}

# --- Digests ------------------------------------------------------------------------------------

sub sha256_hex {
    my $pid = open2(my $from, my $to, 'sha256sum');
    binmode $to;
    print {$to} $_[0];
    close $to;
    my ($hex) = split ' ', <$from>;
    waitpid $pid, 0;
    die "sha256sum failed\n" if $?;
    return $hex;
}

# --- Files --------------------------------------------------------------------------------------

sub content {
    my ($path) = @_;
    open my $file, '<:raw', $path or return '';
    local $/;
    return scalar <$file>;
}

sub write_all {
    my ($folder, %files) = @_;
    unlink glob "$folder/*.json";
    for my $name (keys %files) {
        open my $file, '>:raw', "$folder/$name" or die "$folder/$name: $!\n";
        print {$file} $files{$name};
        close $file or die "$folder/$name: $!\n";
    }
    return;
}

sub differing {
    my ($folder, %files) = @_;
    my %names = map { $_ => 1 } keys %files, map { s{.*/}{}r } glob "$folder/*.json";
    return grep { !exists $files{$_} || content("$folder/$_") ne $files{$_} } sort keys %names;
}

# Write the files into the folder, or only compare; return the program's exit code.
sub finish {
    my ($folder, $check, %files) = @_;
    write_all($folder, %files) unless $check;
    my @different = differing($folder, %files);
    print "differs: $_\n" for @different;
    return @different ? 1 : 0;
}

1;
