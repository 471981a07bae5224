// The Studio of a file in a process of its own, to measure it.
import { startStudio } from '@kohakuvault/studio';

const [, , file = ''] = process.argv;
console.log((await startStudio({ file })).url);
