/*
 * CRC-32 as in gzip, zip, GPT and Ethernet: polynomial 0x04c11db7, bits
 * reflected (RFC 1952 §8).
 */
#ifndef LINNET_CRC32_H
#define LINNET_CRC32_H

#include <linnet/types.h>

/*
 * Continue the checksum @crc (0 at first) over @len bytes. The inversions at
 * both ends are inside, so pieces add up:
 * crc32(crc32(0, a, n), b, m) is the checksum of a then b.
 */
u32 crc32(u32 crc, const void *data, size_t len);

/*
 * Architecture hook: update the raw (not inverted) @crc with the processor's
 * instruction and return true, or false if it has none. The default has none.
 */
bool arch_crc32(u32 *crc, const void *data, size_t len);

#endif
