// A program for `skein run` that does nothing.
export default function main() {}
