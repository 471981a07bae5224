// The Studio of a file in a process of its own, to measure it. It is plain JavaScript: Node would need memory for types.
import { startStudio } from '@kohakuvault/studio';

const [, , file = ''] = process.argv;
console.log((await startStudio({ file })).url);
