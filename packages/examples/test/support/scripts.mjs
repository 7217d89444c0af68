// Runs a script several times in one process, each time with other arguments. Its own arguments are the end that is printed
// after each time, on both streams, and JSON: the URL of the script, and the arguments of each time.
const [end, given] = process.argv.slice(2)
const { url, each } = JSON.parse(given)
for (const [index, args] of each.entries()) {
  process.argv = [...process.argv.slice(0, 2), ...args]
  // Another address is another module.
  await import(`${url}?${index}`)
  process.stdout.write(`${end}${process.exitCode}\n`)
  console.error(end)
  process.exitCode = 0
}
