import { randomBytes, scrypt as nodeScrypt } from 'node:crypto'
import { fail } from '../core/fail.ts'

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

/** A parsed password hash. */
export type PasswordHash = {
  readonly parameters: ScryptParameters
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}

/** 16 MiB and about 60 ms per login, which a small machine can afford. */
export const DEFAULT_PARAMETERS: ScryptParameters = { logN: 14, r: 8, p: 1 }

/** A text with this prefix is a hash; any other is a plain password. */
export const HASH_PREFIX = '$scrypt$'

// Another party may have written the file with the hash, so its parameters must not demand gigabytes or minutes.
const MEMORY_MAX_BYTES = 66 * 1024 * 1024
const PARALLEL_MAX = 4
const SALT_BYTES = 16
const HASH_BYTES = 32
const FORM =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

const encode = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replace(/=+$/, '')

/**
 * Parses `$scrypt$ln=14,r=8,p=1$salt$hash`: a salt of 8 to 64 bytes and a hash of 16 to 64 bytes, both in
 * base64 without padding; at most 64 MiB of memory and p 4.
 *
 * @throws ERR_INVALID_ARG with the allowed values; the message never contains the hash
 */
export const parsePasswordHash = (text: string): PasswordHash => {
  const match = FORM.exec(text)
  const [, ln, r, p, salt = '', hash = ''] = match ?? []
  const parameters = { logN: Number(ln), r: Number(r), p: Number(p) }
  // Non-zero bits after the last byte of base64 would give one hash several texts.
  const canonical = [salt, hash].every(part => encode(Buffer.from(part, 'base64')) === part)
  if (!match || !canonical) {
    throw fail(
      'ERR_INVALID_ARG',
      'found a damaged $scrypt$ hash; allowed: $scrypt$ln=14,r=8,p=1$SALT$HASH as eyeballd hash-password prints it',
    )
  }
  const { logN } = parameters
  const sound = logN >= 1 && parameters.r >= 1 && parameters.p >= 1 && parameters.p <= PARALLEL_MAX
  if (!sound || scryptMemoryBytes(parameters) > MEMORY_MAX_BYTES) {
    throw fail(
      'ERR_INVALID_ARG',
      `found a $scrypt$ hash with ln=${logN}, r=${parameters.r}, p=${parameters.p}; ` +
        `allowed: 64 MiB of memory at most (128 * r * 2^ln bytes) and p from 1 to ${PARALLEL_MAX}`,
    )
  }
  return { parameters, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

/** Formats a hash as `parsePasswordHash` reads it. */
export const formatPasswordHash = ({ parameters, salt, hash }: PasswordHash): string => {
  const { logN, r, p } = parameters
  return `${HASH_PREFIX}ln=${logN},r=${r},p=${p}$${encode(salt)}$${encode(hash)}`
}

/**
 * Hashes a password for `users` and users files.
 *
 * @param salt 16 random bytes by default; tests pass their own
 */
export const hashPassword = async (
  password: Uint8Array,
  salt: Uint8Array = randomBytes(SALT_BYTES),
  derive: Scrypt = scrypt,
): Promise<string> =>
  formatPasswordHash({
    parameters: DEFAULT_PARAMETERS,
    salt,
    hash: await derive(password, salt, HASH_BYTES, DEFAULT_PARAMETERS),
  })
