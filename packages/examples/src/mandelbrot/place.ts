/** What the picture shows: the end of a seahorse's tail. */
export const PLACE = { centre: { re: -0.74335, im: 0.13135 }, span: 0.0024 }
