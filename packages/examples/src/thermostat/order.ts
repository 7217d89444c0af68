export interface Order {
  readonly celsius: number
}

type Result = { readonly value: Order } | { readonly issues: readonly Issue[] }
interface Issue {
  readonly message: string
  readonly path: readonly string[]
}

/** What may be ordered, as a Standard Schema; with zod it is `z.object({ celsius: z.int() })`. */
export const order = {
  '~standard': {
    version: 1,
    vendor: 'thermostat',
    validate(given: unknown): Result {
      const celsius: unknown = Reflect.get(Object(given), 'celsius')
      if (typeof celsius === 'number' && Number.isInteger(celsius)) return { value: { celsius } }
      return { issues: [{ message: 'a whole number of degrees is wanted', path: ['celsius'] }] }
    },
  },
} as const
