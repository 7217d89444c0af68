/**
 * A `.ts` file is a module, whatever a package.json says or doesn't: without one tsx takes it for CommonJS, whose named
 * exports nobody finds. `.cts` stays CommonJS.
 */
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context)
  const isOurs = resolved.format === 'commonjs' && /\.tsx?(\?|$)/.test(resolved.url)
  return isOurs ? { ...resolved, format: 'module' } : resolved
}
