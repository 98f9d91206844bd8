/**
 * The form of a value from an endpoint that may be another server. `moment`: epoch milliseconds that a date can
 * have. `text?` and an optional object may be null or absent. `masked`: or a text, which `log.redact` leaves.
 */
export type Shape =
  | 'any'
  | 'number'
  | 'moment'
  | 'text'
  | 'text?'
  | { readonly list: Shape; readonly masked?: true }
  | {
      readonly fields: Readonly<Record<string, Shape>>
      readonly optional?: true
      readonly masked?: true
    }

/** The largest time value (ECMA-262, section 21.4.1.1). */
const MOMENT_MAX = 8.64e15

const isFit = (value: unknown, shape: Shape & string): boolean => {
  if (shape === 'text?' && (value === undefined || value === null)) return true
  if (shape === 'moment') return typeof value === 'number' && Math.abs(value) <= MOMENT_MAX
  if (shape === 'number') return typeof value === 'number'
  return shape === 'any' || typeof value === 'string'
}

/** Where a value has another form, as the path of that part; null if it has this form. Further fields may be anything. */
export const misfitIn = (value: unknown, shape: Shape, path = ''): string | null => {
  if (typeof shape === 'string') return isFit(value, shape) ? null : path
  if (shape.masked && typeof value === 'string') return null
  if ('list' in shape) {
    if (!Array.isArray(value)) return path
    for (const [i, item] of (value as readonly unknown[]).entries()) {
      const misfit = misfitIn(item, shape.list, `${path}[${i}]`)
      if (misfit !== null) return misfit
    }
    return null
  }
  if (shape.optional && (value === undefined || value === null)) return null
  if (typeof value !== 'object' || value === null) return path
  for (const [name, form] of Object.entries(shape.fields)) {
    const inner = path === '' ? name : `${path}.${name}`
    const misfit = misfitIn((value as Readonly<Record<string, unknown>>)[name], form, inner)
    if (misfit !== null) return misfit
  }
  return null
}
