export async function resolve(specifier, context, next) {
  return asModule(await next(specifier, context))
}

/**
 * A `.ts` file is a module, whatever a package.json says or doesn't: without one tsx takes it for CommonJS, whose named
 * exports nobody finds. `.cts` stays CommonJS.
 */
export function asModule(resolved) {
  const isOurs = /^commonjs/.test(resolved.format) && /\.tsx?(\?|$)/.test(resolved.url)
  return isOurs ? { ...resolved, format: 'module' } : resolved
}
