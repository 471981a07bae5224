//! Prints the constants that cross to JavaScript as TypeScript: `scripts/build-native.ts` writes them to a file.

use kohakuvault_core::boundary::GROUPS;

fn main() {
    for group in GROUPS {
        println!();
        print_docs(group.docs, "");
        println!("export const {} = {{", group.name);
        for constant in group.constants {
            print_docs(constant.docs, "  ");
            println!("  {}: {},", constant.typescript_name(), constant.value);
        }
        println!("}} as const;");
    }
}

fn print_docs(lines: &[&str], indent: &str) {
    if let [line] = lines {
        return println!("{indent}/**{line} */");
    }
    println!("{indent}/**");
    for line in lines {
        println!("{indent} *{line}");
    }
    println!("{indent} */");
}
