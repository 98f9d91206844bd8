import { scrypt as nodeScrypt } from 'node:crypto'

/** RFC 7914 section 2: cost (as its base-2 logarithm), block size and parallelization. */
export type ScryptParameters = { readonly logN: number; readonly r: number; readonly p: number }

/** Derives `length` bytes from a password. It rejects if the system cannot allocate the memory. */
export type Scrypt = (
  password: Uint8Array,
  salt: Uint8Array,
  length: number,
  parameters: ScryptParameters,
) => Promise<Uint8Array>

/** Bytes of memory that one derivation uses (RFC 7914 section 6), slightly more than the large block. */
export const scryptMemoryBytes = ({ logN, r, p }: ScryptParameters): number =>
  128 * r * (2 ** logN + p + 2)

/** Node's scrypt, which runs off the main thread. */
export const scrypt: Scrypt = (password, salt, length, parameters) =>
  new Promise((resolve, reject) => {
    const { logN, r, p } = parameters
    const options = { N: 2 ** logN, r, p, maxmem: 2 * scryptMemoryBytes(parameters) }
    nodeScrypt(password, salt, length, options, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
