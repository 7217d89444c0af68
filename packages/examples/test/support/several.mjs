// A program for `skein run` that runs several examples, one after the other, in one mesh. Its argument is JSON: the URL
// and the arguments of each. What each prints ends with a line of its own, on both streams.
export default async function main(mesh, [end, calls]) {
  for (const { url, args } of JSON.parse(calls)) {
    const { default: example } = await import(url)
    const status = await example(mesh, args)
    process.stdout.write(`${end}${status}\n`)
    console.error(end)
  }
}
