/** Applies lib/shape.js of an app: reads `[[shape, asked, record], …]` as JSON, and writes the changed records. */
const { shaped } = await import(new URL('lib/shape.js', process.argv[2]).href);

let text = '';
for await (const chunk of process.stdin) text += chunk;
process.stdout.write(JSON.stringify(JSON.parse(text).map(([shape, asked, record]) => shaped(shape, asked)(record))));
